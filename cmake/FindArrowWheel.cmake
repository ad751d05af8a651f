# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
# Arrow C++ from the pyarrow wheel: headers and shared libraries of one release, no build.
set(ARROW_WHEEL_PYTHON "${CMAKE_SOURCE_DIR}/.venv/bin/python" CACHE STRING "Python interpreter whose pyarrow supplies Arrow C++")
execute_process(
  COMMAND ${ARROW_WHEEL_PYTHON} -c
    "import importlib.util as u, importlib.metadata as m, pathlib as p; print(p.Path(u.find_spec('pyarrow').origin).parent, m.version('pyarrow'), sep=';')"
  OUTPUT_VARIABLE _aw OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _rc)
if(_rc EQUAL 0)
  list(GET _aw 0 ArrowWheel_DIR)
  list(GET _aw 1 ArrowWheel_VERSION)
  string(REGEX MATCH "^([0-9]+)\\.([0-9]+)" _ "${ArrowWheel_VERSION}")
  math(EXPR ArrowWheel_SO "${CMAKE_MATCH_1} * 100 + ${CMAKE_MATCH_2}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowWheel REQUIRED_VARS ArrowWheel_DIR VERSION_VAR ArrowWheel_VERSION HANDLE_VERSION_RANGE)
if(ArrowWheel_FOUND AND NOT TARGET Arrow::arrow)
  function(_arrow_wheel name lib)
    add_library(Arrow::${name} SHARED IMPORTED)
    set_target_properties(Arrow::${name} PROPERTIES
      IMPORTED_LOCATION "${ArrowWheel_DIR}/lib${lib}.so.${ArrowWheel_SO}"
      IMPORTED_SONAME "lib${lib}.so.${ArrowWheel_SO}"
      INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_DIR}/include"
      INTERFACE_COMPILE_FEATURES cxx_std_20
      INTERFACE_LINK_LIBRARIES "${ARGN}")
  endfunction()
  _arrow_wheel(arrow arrow)
  _arrow_wheel(compute arrow_compute Arrow::arrow)
  _arrow_wheel(parquet parquet Arrow::arrow)
endif()
