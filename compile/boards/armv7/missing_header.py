"""The one header that TVM's runtime includes and the wheel leaves out."""

from __future__ import annotations

from pathlib import Path

# tvm/runtime/metadata.h gives the shapes in the ahead-of-time executor's metadata as this type.  That executor is not
# built here and nothing else asks for them, so that a pair of pointers with a vector's reading side will do.
_SPAN = """\
#ifndef TVM_SUPPORT_SPAN_H_
#define TVM_SUPPORT_SPAN_H_
#include <cstddef>
namespace tvm {
namespace support {
template <class T, class W>
class Span {
 public:
  Span(T* begin, T* end) : begin_(begin), end_(end) {}
  T* begin() const { return begin_; }
  T* end() const { return end_; }
  size_t size() const { return end_ - begin_; }
  W operator[](int index) const { return W(begin_[index]); }

 private:
  T* begin_;
  T* end_;
};
}  // namespace support
}  // namespace tvm
#endif
"""


def write_missing_header(include: Path) -> None:
    """Write tvm/support/span.h below the folder `include`."""
    path = include / "tvm/support/span.h"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_SPAN, encoding="ascii")
