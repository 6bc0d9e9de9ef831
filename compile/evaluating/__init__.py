"""Accuracy: data sets run through an engine, and answers judged by a metric."""
