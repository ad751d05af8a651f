// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/sim_environment.h"

#include <gtest/gtest.h>

#include "weir/testing/sim_object_store.h"

namespace weir {
namespace {

Status WriteFile(FileSystem& files, const std::string& path, std::string_view bytes, bool sync) {
  WEIR_ASSIGN_OR_RETURN(auto file, files.OpenForWrite(path));
  WEIR_RETURN_NOT_OK(file->Append(bytes));
  if (sync) WEIR_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

std::string ReadAll(SimEnvironment& machine, const std::string& path) {
  auto files = machine.Files(path);
  return files.empty() ? "(none)" : files.begin()->second;
}

TEST(SimEnvironment, KeepsWhatIsSynced) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimEnvironment machine(seed);
    FileSystem& files = *machine.environment().files;
    ASSERT_TRUE(files.MakeDirectories("/a/b").ok());
    ASSERT_TRUE(files.SyncDirectory("/").ok());
    ASSERT_TRUE(files.SyncDirectory("/a").ok());
    ASSERT_TRUE(WriteFile(files, "/a/b/f", "synced", true).ok());
    ASSERT_TRUE(files.SyncDirectory("/a/b").ok());
    (void)machine.Crash();
    EXPECT_FALSE(files.Exists("/a/b/f"));  // Every call fails.
    machine.Restart();
    EXPECT_EQ(ReadAll(machine, "/a/b/f"), "synced");
  }
}

TEST(SimEnvironment, LosesKeepsOrTearsTheRest) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SimEnvironment machine(seed);
    FileSystem& files = *machine.environment().files;
    ASSERT_TRUE(WriteFile(files, "/old", "12345678", true).ok());
    ASSERT_TRUE(files.SyncDirectory("/").ok());
    ASSERT_TRUE(files.Rename("/old", "/new").ok());
    ASSERT_TRUE(WriteFile(files, "/fresh", "abcd", false).ok());
    (void)machine.Crash();
    machine.Restart();
    bool is_old = files.Exists("/old"), is_new = files.Exists("/new");
    EXPECT_NE(is_old, is_new);  // A rename is atomic.
    EXPECT_EQ(ReadAll(machine, is_old ? "/old" : "/new"), "12345678");
    ++seen[is_old ? "old" : "new"];
    std::string fresh = ReadAll(machine, "/fresh");
    EXPECT_TRUE(fresh == "(none)" || fresh.size() <= 4);
    ++seen[fresh == "(none)"                       ? "no file"
           : fresh == "abcd"                       ? "whole"
           : fresh.find('\0') != std::string::npos ? "zeros"
           : fresh.empty()                         ? "empty"
                                                   : "part"];
    // Changes of one folder keep their order: the file was made after the rename.
    EXPECT_TRUE(fresh == "(none)" || is_new);
  }
  for (const char* what : {"old", "new", "no file", "whole", "zeros", "empty", "part"})
    EXPECT_GT(seen[what], 0) << what;
}

TEST(SimEnvironment, CrashesAtTheCallThatIsPlanned) {
  for (CrashMoment moment : {CrashMoment::kBefore, CrashMoment::kAfter}) {
    SimEnvironment machine(7);
    FileSystem& files = *machine.environment().files;
    machine.WriteFile("/f", "x");
    machine.SetPlan({.crash_at = 1, .moment = moment});
    EXPECT_TRUE(files.Exists("/f"));
    EXPECT_FALSE(files.Delete("/f").ok());
    EXPECT_TRUE(machine.is_crashed());
    EXPECT_FALSE(files.Delete("/f").ok());
    machine.RestartProcess();
    EXPECT_EQ(files.Exists("/f"), moment == CrashMoment::kBefore);
  }
}

TEST(SimEnvironment, HandlesDoNotOutliveACrash) {
  SimEnvironment machine(1);
  FileSystem& files = *machine.environment().files;
  auto file = files.OpenForWrite("/f").ValueOrDie();
  auto lock = files.TryLock("/lock").ValueOrDie();
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(files.TryLock("/lock").ValueOrDie(), nullptr);
  (void)machine.Crash();
  machine.RestartProcess();
  EXPECT_FALSE(file->Append("x").ok());
  auto next = files.TryLock("/lock").ValueOrDie();
  EXPECT_NE(next, nullptr);
  lock.reset();  // The dead process's lock frees nothing.
  EXPECT_EQ(files.TryLock("/lock").ValueOrDie(), nullptr);
}

TEST(SimEnvironment, DisksFail) {
  SimEnvironment machine(3);
  FileSystem& files = *machine.environment().files;
  machine.SetPlan({.fault_at = 1, .fault = DiskFault::kShortWrite});
  auto file = files.OpenForWrite("/f").ValueOrDie();
  Status full = file->Append("0123456789");
  EXPECT_EQ(GetErrorInfo(full).code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(file->Append("more").ok());
  machine.SetPlan({.fault_at = 0, .fault = DiskFault::kDiskFull, .for_ever = true});
  EXPECT_FALSE(files.OpenForWrite("/g").ok());
  EXPECT_FALSE(file->Append("x").ok());
  EXPECT_TRUE(files.Delete("/f").ok());
  machine.SetPlan({.fault_at = 0, .fault = DiskFault::kIoError});
  EXPECT_EQ(GetErrorInfo(files.Stat("/f").status()).code, ErrorCode::kUnavailable);
  EXPECT_EQ(GetErrorInfo(files.Stat("/f").status()).code, ErrorCode::kInvalidData);
}

TEST(SimEnvironment, OneSeedGivesOneRun) {
  auto trace = [](uint64_t seed) {
    SimEnvironment machine(seed);
    FileSystem& files = *machine.environment().files;
    EXPECT_TRUE(WriteFile(files, "/f", std::string(100, 'x'), false).ok());
    EXPECT_TRUE(WriteFile(files, "/g", std::string(100, 'y'), false).ok());
    (void)machine.Crash();
    machine.Restart();
    return machine.Files("/");
  };
  for (uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(trace(seed), trace(seed));
}

TEST(SimObjectStore, FailsInEveryWay) {
  SimEnvironment machine(1);
  SimObjectStore store(&machine);
  ASSERT_TRUE(store.Put("k", "0123456789").ok());
  auto with = [&](ObjectFault fault) { store.SetFault({.at = 0, .fault = fault}); };
  with(ObjectFault::k500);
  EXPECT_FALSE(store.Get("k").ok());
  EXPECT_TRUE(store.Get("k").ok());
  with(ObjectFault::kLostReply);
  EXPECT_FALSE(store.PutIfAbsent("once", "x").ok());
  EXPECT_FALSE(store.PutIfAbsent("once", "y").ValueOrDie());
  with(ObjectFault::kTruncatedGet);
  EXPECT_LT(store.Get("k").ValueOrDie().size(), 10u);
  with(ObjectFault::kWrongBytes);
  EXPECT_NE(store.Get("k").ValueOrDie(), "0123456789");
  with(ObjectFault::kNotFoundYet);
  EXPECT_EQ(GetErrorInfo(store.Get("k").status()).code, ErrorCode::kInvalidData);
  with(ObjectFault::kLateDuplicate);
  ASSERT_TRUE(store.Put("late", "v").ok());
  ASSERT_TRUE(store.Delete("late").ok());
  for (int i = 0; i < 8; ++i) (void)store.List("");
  EXPECT_TRUE(store.Get("late").ok());
}

}  // namespace
}  // namespace weir
