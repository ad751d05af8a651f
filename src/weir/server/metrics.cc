// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Prometheus text. Every sample has the labels job and name; those of operators `operator` too.
#include <fmt/format.h>

#include "weir/server/api.h"

namespace weir {
namespace {

/// One metric of all jobs: its samples stand together, as the format wants.
class Family {
 public:
  Family(std::string_view name, std::string_view type, std::string_view help)
      : name_(name), text_(fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type)) {}
  void Add(const std::string& labels, int64_t value) {
    text_ += fmt::format("{}{{{}}} {}\n", name_, labels, value);
    any_ = true;
  }
  void Add(const std::string& labels, double value) {
    text_ += fmt::format("{}{{{}}} {:.6f}\n", name_, labels, value);
    any_ = true;
  }
  std::string Text() const { return any_ ? text_ : std::string(); }

 private:
  std::string name_;
  std::string text_;
  bool any_ = false;
};

std::string Escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Labels(const JobView& job) {
  return fmt::format("job=\"{}\",name=\"{}\"", job.record.id, Escape(job.record.name));
}

/// The node whose event time is furthest behind: what others wait for.
const NodeProgress* WatermarkHolder(const JobView& job) {
  const NodeProgress* holder = nullptr;
  for (const NodeProgress& node : job.nodes) {
    int64_t watermark = node.counters.watermark_millis;
    if (!node.is_source || watermark == Watermark::kMin || watermark == Watermark::kMax) continue;
    if (holder == nullptr || watermark < holder->counters.watermark_millis) holder = &node;
  }
  return holder;
}

std::string CheckpointText(const std::vector<JobView>& jobs) {
  Family completed("weir_checkpoints_completed_total", "counter", "Checkpoints, of the last 100.");
  Family failed("weir_checkpoints_failed_total", "counter", "Failed ones, of the last 100.");
  Family epoch("weir_checkpoint_last_epoch", "gauge", "Number of the newest checkpoint.");
  Family seconds("weir_checkpoint_last_seconds", "gauge", "How long the newest took.");
  Family bytes("weir_checkpoint_last_bytes", "gauge", "What the newest has written.");
  for (const JobView& job : jobs) {
    if (job.checkpoints.empty()) continue;
    int64_t good = 0, bad = 0;
    const CheckpointFigures* newest = nullptr;
    for (const CheckpointFigures& figures : job.checkpoints) {
      figures.status.ok() ? ++good : ++bad;
      if (figures.status.ok()) newest = &figures;
    }
    completed.Add(Labels(job), good);
    failed.Add(Labels(job), bad);
    if (newest == nullptr) continue;
    epoch.Add(Labels(job), newest->epoch);
    seconds.Add(Labels(job), static_cast<double>(newest->duration_micros) / 1e6);
    bytes.Add(Labels(job), newest->bytes_written);
  }
  return completed.Text() + failed.Text() + epoch.Text() + seconds.Text() + bytes.Text();
}

}  // namespace

std::string MetricsText(const std::vector<JobView>& jobs) {
  Family state("weir_job_running", "gauge", "1 while the job runs.");
  Family restarts("weir_job_restarts_total", "counter", "Restarts after failures.");
  Family watermark("weir_job_watermark_millis", "gauge",
                   "Event time that the job has reached; `holder` is what it waits for.");
  Family rows_in("weir_operator_rows_in_total", "counter", "Rows that came in.");
  Family rows_out("weir_operator_rows_out_total", "counter", "Rows that went out.");
  Family late("weir_operator_late_rows_total", "counter", "Rows dropped because they were late.");
  Family skipped("weir_operator_records_skipped_total", "counter", "Bad records left out.");
  Family bytes("weir_operator_bytes_read_total", "counter", "Bytes that sources have read.");
  Family memory("weir_operator_memory_bytes", "gauge", "Memory that the operator holds.");
  for (const JobView& job : jobs) {
    std::string labels = Labels(job);
    state.Add(labels, int64_t{!IsTerminal(job.record.state)});
    restarts.Add(labels, job.restarts);
    if (const NodeProgress* holder = WatermarkHolder(job)) {
      watermark.Add(fmt::format("{},holder=\"{}\"", labels, Escape(holder->name)),
                    holder->counters.watermark_millis);
    }
    for (size_t i = 0; i < job.nodes.size(); ++i) {
      const NodeProgress& node = job.nodes[i];
      std::string own =
          fmt::format("{},operator=\"{}\",index=\"{}\"", labels, Escape(node.name), i);
      rows_in.Add(own, node.counters.rows_in);
      rows_out.Add(own, node.counters.rows_out);
      late.Add(own, node.counters.late_rows_dropped);
      memory.Add(own, node.memory_bytes);
      if (!node.is_source) continue;
      skipped.Add(own, node.counters.records_skipped);
      bytes.Add(own, node.counters.bytes_read);
    }
  }
  return state.Text() + restarts.Text() + watermark.Text() + rows_in.Text() + rows_out.Text() +
         late.Text() + skipped.Text() + bytes.Text() + memory.Text() + CheckpointText(jobs);
}

}  // namespace weir
