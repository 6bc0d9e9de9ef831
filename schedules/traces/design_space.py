"""What MetaSchedule may do with a layer: its rules for CPUs, with one rule bent to what a network asks for.

The result goes through a buffer of its own (`reuse_write` "must"), as wide as a tile: bias, residual and activation are
then fused into the copy out of it, in whatever network the layer is, where a sum written straight to the result would
leave them a pass of their own over memory.
"""

from __future__ import annotations

from typing import Any

from tvm import IRModule
from tvm import meta_schedule as ms
from tvm.target import Target

_CORES = 4  # of the machines that are tuned for; it bounds how many tasks a parallel loop is cut into
_JOBS_OF_A_CORE = 16
_POPULATION = 128  # MetaSchedule's own is 512; the search takes most of a layer's time even so


def context(module: IRModule, tvm_target: str, seed: int, threads: int) -> Any:
    """MetaSchedule's TuneContext of searching schedules for the one function of `module`."""
    generator = ms.space_generator.PostOrderApply(
        sch_rules=_rules(), postprocs=_post_processing(), mutator_probs=_mutators()
    )
    return ms.TuneContext(
        mod=module,
        target=Target(f"{tvm_target} -num-cores={_CORES}"),
        space_generator=generator,
        search_strategy=ms.search_strategy.EvolutionarySearch(population_size=_POPULATION),
        task_name="main",
        rand_state=seed,
        num_threads=threads,
    )


def _rules() -> list[Any]:
    rule = ms.schedule_rule
    inline = rule.AutoInline(
        into_producer=False,
        into_consumer=True,
        inline_const_tensor=True,
        disallow_if_then_else=True,
        require_injective=True,
        require_ordered=True,
        disallow_op=["tir.exp"],
    )
    tiling = rule.MultiLevelTiling(
        structure="SSRSRS",
        max_innermost_factor=64,
        reuse_write=rule.ReuseType(req="must", levels=[1, 2], scope="global"),
    )
    loops = rule.ParallelizeVectorizeUnroll(
        max_jobs_per_core=_JOBS_OF_A_CORE,
        max_vectorize_extent=64,
        unroll_max_steps=[0, 16, 64, 512],
        unroll_explicit=True,
    )
    return [rule.InlineConstantScalars(), inline, tiling, loops, rule.RandomComputeLocation()]


def _post_processing() -> list[Any]:
    post = ms.postproc
    return [post.DisallowDynamicLoop(), post.RewriteParallelVectorizeUnroll(), post.RewriteReductionBlock()]


def _mutators() -> dict[Any, float]:
    mutator = ms.mutator
    return {
        mutator.MutateTileSize(): 0.9,
        mutator.MutateComputeLocation(): 0.05,
        mutator.MutateUnroll(): 0.03,
        mutator.MutateParallel(max_jobs_per_core=_JOBS_OF_A_CORE): 0.02,
    }
