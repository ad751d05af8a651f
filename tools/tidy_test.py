#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Tests of tools/tidy: each rule finds what it is for, and nothing else."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
_loader = importlib.machinery.SourceFileLoader("tidy", str(pathlib.Path(__file__).resolve().parent / "tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", _loader))
_loader.exec_module(tidy)

HEAD = "// SPDX-License-Identifier: Apache-2.0\n// Copyright the Weir authors\n"
LAYERS = "base:\ndata: base\nexpr: data\noperator: expr\nruntime: operator  # comment\ntesting: runtime\n"


def findings(path, body, head=HEAD):
    allowed = tidy.reachable(tidy.parse_layers(LAYERS))
    return [f"{finding.line}: {finding.what}" for finding in tidy.check_file(path, head + body, allowed)]


class Layers(unittest.TestCase):
    def test_what_is_reached_through_another_layer_is_allowed(self):
        self.assertEqual(findings("src/weir/operator/a.cc", '#include "weir/data/batch.h"\n'), [])
        self.assertEqual(findings("src/weir/operator/a.cc", '#include "weir/base/error.h"\n'), [])
        self.assertEqual(findings("src/weir/operator/a.cc", '#include "weir/operator/b.h"\n'), [])

    def test_the_wrong_direction_is_refused(self):
        self.assertEqual(findings("src/weir/expr/a.cc", '#include "weir/operator/b.h"\n'),
                         ["3: `expr` may not include `operator` (see layers.txt)"])

    def test_a_folder_that_is_no_layer_is_refused(self):
        self.assertEqual(findings("src/weir/extra/a.cc", ""),
                         ["1: `extra` is not a layer (add it to src/weir/layers.txt)"])

    def test_testing_is_for_tests(self):
        include = '#include "weir/testing/text_batch.h"\n'
        self.assertEqual(findings("src/weir/expr/a_test.cc", include), [])
        self.assertEqual(findings("src/weir/expr/a.cc", include),
                         ["3: `expr` may not include `testing` (see layers.txt)"])

    def test_apps_may_include_anything(self):
        self.assertEqual(findings("app/shell/main.cc", '#include "weir/runtime/task.h"\n'), [])

    def test_relative_includes_are_refused(self):
        self.assertEqual(findings("src/weir/expr/a.cc", '#include "b.h"\n'),
                         ['3: include by full path: "weir/expr/..."'])

    def test_bad_layer_files(self):
        with self.assertRaisesRegex(ValueError, "unknown layer nowhere"):
            tidy.parse_layers("base:\ndata: nowhere\n")
        with self.assertRaisesRegex(ValueError, "a cycle: data -> expr -> data"):
            tidy.reachable(tidy.parse_layers("base:\ndata: expr\nexpr: data\n"))
        with self.assertRaisesRegex(ValueError, "expected `layer: layers...`"):
            tidy.parse_layers("base\n")


class Rules(unittest.TestCase):
    def test_threads_only_where_threads_meet(self):
        for line in ("std::mutex m;", "std::atomic<int> a;", "#include <thread>", "std::condition_variable c;"):
            self.assertEqual(findings("src/weir/operator/a.cc", line + "\n"),
                             ["3: `operator` may not use threads, locks or atomics (STYLE.md, Threads)"], line)
            self.assertEqual(findings("src/weir/runtime/a.cc", line + "\n"), [], line)
        self.assertEqual(findings("src/weir/operator/a.cc", "// std::mutex is not allowed here\n"), [])
        self.assertEqual(findings("src/weir/operator/a_test.cc", "std::thread t;\n"), [])

    def test_file_length(self):
        self.assertEqual(findings("src/weir/expr/a.cc", "\n" * 998), [])
        self.assertEqual(len(findings("src/weir/expr/a.cc", "\n" * 999)), 1)
        self.assertEqual(findings("src/weir/expr/a.cc", "// tidy: data table\n" + "\n" * 2000), [])

    def test_licence_lines(self):
        self.assertEqual(findings("src/weir/expr/a.cc", "", head=""),
                         ["1: the two licence lines are missing (see src/weir/base/error.h)"])
        self.assertEqual(findings("README.md", "", head=""), [])
        self.assertEqual(findings("tools/a.py", "#!/usr/bin/env python3\n" + HEAD.replace("//", "#"), head=""), [])

    def test_pragma_once(self):
        self.assertEqual(findings("src/weir/expr/a.h", "#pragma once\n"), [])
        self.assertEqual(findings("src/weir/expr/a.h", ""), ["1: a header needs #pragma once"])

    def test_names(self):
        self.assertEqual(findings("src/weir/expr/a.cc", "class ExprHelper {\n"),
                         ["3: say what `ExprHelper` is (no Utils, Helper, Manager, Impl in names)"])
        self.assertEqual(len(findings("src/weir/expr/string_utils.cc", "")), 1)
        self.assertEqual(findings("src/weir/expr/a.cc", "struct Implies {};\nclass Import;\n"), [])

    def test_todo_names_an_issue(self):
        self.assertEqual(findings("src/weir/expr/a.cc", "// TODO" + "(#12): decimals\n"), [])
        self.assertEqual(len(findings("src/weir/expr/a.cc", "// TODO" + ": decimals\n")), 1)

    def test_registry_hosts(self):
        self.assertEqual(len(findings("docs/a.md", "see https://" + "pypi" + ".org/simple\n", head="")), 1)
        self.assertEqual(findings("docs/a.md", "pip install pyarrow\n", head=""), [])

    def test_long_functions_are_a_hint(self):
        text = "int F() {\n" + "  x();\n" * 101 + "}\n"
        self.assertEqual([f.what for f in tidy.long_functions("a.cc", text)], ["102 lines: int F()"])
        self.assertEqual(tidy.long_functions("a.cc", "int F() {\n}\n"), [])


if __name__ == "__main__":
    unittest.main(verbosity=0)
