// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Runs programs. A Frame is a set of rows with the nodes' values on them: the root frame holds the
// batch, and a branch that may not run on every row gets a frame of its own with just the rows that
// reach it.
#include <algorithm>
#include <limits>

#include "weir/expr/assemble.h"
#include "weir/expr/kernel.h"
#include "weir/expr/program.h"

namespace weir {
namespace {

struct Frame {
  Frame* parent = nullptr;
  int64_t num_rows = 0;
  std::vector<int32_t> rows;  // Row i is row rows[i] of the parent.
  ColumnVector values;        // By node; absent until needed.
};

class Execution {
 public:
  Execution(std::vector<Node>& nodes, const Batch& batch, const KernelContext& context)
      : nodes_(nodes), batch_(batch), context_(context) {
    context_.errors = &errors_;
    root_.num_rows = batch.num_rows;
    root_.values.resize(nodes.size());
  }

  Frame& root() { return root_; }
  arrow::MemoryPool* pool() const { return context_.pool; }

  /// Nodes that every row reaches, in order: arguments are there before they are asked for, so
  /// nothing recurses deeply.
  Status RunUnconditional() {
    hoist_ = true;
    for (size_t id = 0; id < nodes_.size(); ++id) {
      if (!nodes_[id].unconditional || nodes_[id].constant) continue;
      WEIR_RETURN_NOT_OK(ValueOf(static_cast<int>(id), root_).status());
      for (int read : nodes_[id].releases) root_.values[static_cast<size_t>(read)].reset();
    }
    return Status::OK();
  }

  Result<ColumnPtr> ValueOf(int id, Frame& frame) {
    ColumnPtr& slot = frame.values[static_cast<size_t>(id)];
    if (slot != nullptr) return slot;
    Node& node = nodes_[static_cast<size_t>(id)];
    ColumnPtr value;
    if (frame.num_rows == 0) {
      WEIR_ASSIGN_OR_RETURN(value, MakeNullColumn(node.type, 0, pool()));
    } else if (node.constant) {
      WEIR_ASSIGN_OR_RETURN(value, ConstantOf(id, frame));
    } else if (frame.parent != nullptr && IsThere(id, node, *frame.parent)) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr whole, ValueOf(id, *frame.parent));
      WEIR_ASSIGN_OR_RETURN(value, Gather(whole, frame.rows, pool()));
    } else {
      WEIR_ASSIGN_OR_RETURN(value, Compute(id, frame));
    }
    slot = value;
    return value;
  }

  /// A frame with the rows of `parent` whose bit is set.
  Frame Narrow(Frame& parent, const uint8_t* bits, int64_t count) {
    Frame frame;
    frame.parent = &parent;
    frame.num_rows = count;
    frame.rows.resize(static_cast<size_t>(count));
    BitmapToIndices(bits, parent.num_rows, frame.rows.data());
    frame.values.resize(nodes_.size());
    return frame;
  }

  Status FirstError() const {
    if (error_row_ < 0) return Status::OK();
    std::string text = ExprToString(*nodes_[static_cast<size_t>(error_node_)].expr, {});
    if (text.size() > 200) {
      text.resize(200);
      text += "...";
    }
    return InvalidData("{}, in {}", error_message_, text);
  }

 private:
  bool IsThere(int id, const Node& node, const Frame& frame) const {
    if (node.kind == NodeKind::kInput || (hoist_ && node.unconditional)) return true;
    for (const Frame* f = &frame; f != nullptr; f = f->parent) {
      if (f->values[static_cast<size_t>(id)] != nullptr) return true;
    }
    return false;
  }

  /// Takes over the row errors of a kernel that ran for node `id` on the rows of `frame`.
  void NoteErrors(int id, const Frame& frame) {
    if (errors_.empty()) return;
    ++error_count_;
    int64_t row = errors_.first_row();
    for (const Frame* f = &frame; f->parent != nullptr; f = f->parent)
      row = f->rows[static_cast<size_t>(row)];
    if (error_row_ < 0 || row < error_row_) {
      error_row_ = row;
      error_node_ = id;
      error_message_ = errors_.first_message();
    }
    errors_.Clear();
  }

  Result<ColumnPtr> ConstantOf(int id, Frame& frame) {
    Node& node = nodes_[static_cast<size_t>(id)];
    if (node.constant_value == nullptr) {
      if (node.kind == NodeKind::kLiteral) {
        WEIR_ASSIGN_OR_RETURN(node.constant_value,
                              MakeConstant(node.expr->literal, node.type, 1, pool()));
      } else {
        Frame one_row;
        one_row.parent = &frame;
        one_row.num_rows = 1;
        one_row.rows = {0};
        one_row.values.resize(nodes_.size());
        int64_t errors_before = error_count_;
        WEIR_ASSIGN_OR_RETURN(ColumnPtr value, Compute(id, one_row));
        if (error_count_ != errors_before) return AsConstant(value, frame.num_rows, pool());
        WEIR_ASSIGN_OR_RETURN(node.constant_value, AsConstant(value, 1, pool()));
      }
    }
    return AsConstant(node.constant_value, frame.num_rows, pool());
  }

  Result<ColumnPtr> Compute(int id, Frame& frame) {
    Node& node = nodes_[static_cast<size_t>(id)];
    switch (node.kind) {
      case NodeKind::kLiteral:
        return ConstantOf(id, frame);
      case NodeKind::kInput:
        if (node.index < 0 || static_cast<size_t>(node.index) >= batch_.columns.size()) {
          return Internal("an expression reads column {} of a batch with {} columns", node.index,
                          batch_.columns.size());
        }
        return batch_.columns[static_cast<size_t>(node.index)];
      case NodeKind::kField:
        return ComputeField(node, frame);
      case NodeKind::kAnd:
      case NodeKind::kOr:
        return ComputeLogic(node, frame);
      case NodeKind::kCase:
        return ComputeCase(node, frame);
      case NodeKind::kCoalesce:
        return ComputeCoalesce(node, frame);
      case NodeKind::kCall:
        return ComputeCall(id, frame);
    }
    return Internal("an unknown kind of expression node");
  }

  Result<ColumnPtr> ComputeField(const Node& node, Frame& frame) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr row, ValueOf(node.args[0], frame));
    if (row->encoding == Encoding::kDictionary) {
      WEIR_ASSIGN_OR_RETURN(row, Flatten(row, pool()));
    }
    if (row->children.empty()) return MakeNullColumn(node.type, frame.num_rows, pool());
    ColumnPtr field = row->children[static_cast<size_t>(node.index)];
    if (row->is_constant()) {
      if (row->IsNull(0)) return MakeNullColumn(node.type, frame.num_rows, pool());
      WEIR_ASSIGN_OR_RETURN(field, AsConstant(field, frame.num_rows, pool()));
      return Retype(field, node.type);
    }
    if (row->validity == nullptr) return Retype(field, node.type);
    return WithNulls(field, row->validity, node.type);
  }

  /// `column` with the NULLs of `validity` (flat) added, under `type`.
  Result<ColumnPtr> WithNulls(ColumnPtr column, const BufferPtr& validity, const DataType& type) {
    if (column->type.kind() == TypeKind::kNull) return Retype(column, type);
    if (column->is_constant()) {
      if (column->IsNull(0)) return Retype(column, type);
      WEIR_ASSIGN_OR_RETURN(column, Flatten(column, pool()));
    }
    auto copy = std::make_shared<Column>(*column);
    copy->type = type;
    WEIR_ASSIGN_OR_RETURN(copy->validity,
                          AndValidity(column->validity, validity, column->length, pool()));
    return ColumnPtr(std::move(copy));
  }

  // ---- Calls ----

  Result<ColumnPtr> ComputeCall(int id, Frame& frame) {
    Node& node = nodes_[static_cast<size_t>(id)];
    ColumnVector args;
    args.reserve(node.args.size());
    int varying = 0, dictionary = -1;
    bool null = false;
    for (size_t i = 0; i < node.args.size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr arg, ValueOf(node.args[i], frame));
      null |= IsConstantNull(*arg);
      if (!arg->is_constant()) ++varying;
      if (arg->encoding == Encoding::kDictionary) dictionary = static_cast<int>(i);
      args.push_back(std::move(arg));
    }
    // Only now: whether an argument fails must not depend on how the others are encoded.
    if (null && node.null_policy == NullPolicy::kPropagate) {
      return MakeNullColumn(node.type, frame.num_rows, pool());
    }
    if (varying == 0 && !args.empty() && node.deterministic && frame.num_rows > 1) {
      for (ColumnPtr& arg : args) {
        WEIR_ASSIGN_OR_RETURN(arg, AsConstant(arg, 1, pool()));
      }
      WEIR_ASSIGN_OR_RETURN(ColumnPtr one, RunKernel(id, args, 1, frame));
      return AsConstant(one, frame.num_rows, pool());
    }
    if (dictionary >= 0) {
      if (varying == 1 && node.deterministic) {
        WEIR_ASSIGN_OR_RETURN(ColumnPtr mapped,
                              MapDictionary(node, args, static_cast<size_t>(dictionary)));
        if (mapped != nullptr) return mapped;
      }
      for (ColumnPtr& arg : args) {
        if (arg->encoding == Encoding::kDictionary) {
          WEIR_ASSIGN_OR_RETURN(arg, Flatten(arg, pool()));
        }
      }
    }
    return RunKernel(id, args, frame.num_rows, frame);
  }

  static bool IsConstantNull(const Column& column) {
    return column.type.kind() == TypeKind::kNull ||
           (column.is_constant() && column.length > 0 && column.IsNull(0));
  }

  Result<ColumnPtr> RunKernel(int id, const ColumnVector& args, int64_t num_rows, Frame& frame) {
    Node& node = nodes_[static_cast<size_t>(id)];
    ColumnPtr out;
    WEIR_RETURN_NOT_OK(node.kernel(context_, args, num_rows, &out));
    NoteErrors(id, frame);
    WEIR_CHECK(out != nullptr && out->length == num_rows, "a kernel gives one value a row");
    return Finish(node, args, num_rows, std::move(out));
  }

  Result<ColumnPtr> Finish(const Node& node, const ColumnVector& args, int64_t num_rows,
                           ColumnPtr out) {
    if (node.null_policy == NullPolicy::kPropagate) {
      WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, num_rows, pool()));
      if (valid != nullptr) return WithNulls(std::move(out), valid, node.type);
    }
    if (out.use_count() == 1 &&
        out->children.empty()) {  // The kernel made it, and nobody else has it.
      const_cast<Column&>(*out).type = node.type;
      return out;
    }
    return Retype(out, node.type);
  }

  /// Applies a call with one dictionary argument to the dictionary. Null: not possible here.
  Result<ColumnPtr> MapDictionary(Node& node, ColumnVector args, size_t which) {
    ColumnPtr column = args[which];
    if (column->may_have_nulls() && node.null_policy != NullPolicy::kPropagate) return ColumnPtr();
    const ColumnPtr& dictionary = column->children[0];
    // Values that no row refers to are computed too, so a much longer dictionary does not pay.
    if (dictionary->length > 2 * column->length && dictionary != node.dictionary)
      return ColumnPtr();
    ColumnPtr result;
    if (dictionary == node.dictionary) {
      result = node.dictionary_result;
    } else {
      args[which] = dictionary;
      for (size_t i = 0; i < args.size(); ++i) {
        if (i == which) continue;
        WEIR_ASSIGN_OR_RETURN(args[i], AsConstant(args[i], dictionary->length, pool()));
      }
      if (dictionary->length == 0) return ColumnPtr();
      WEIR_RETURN_NOT_OK(node.kernel(context_, args, dictionary->length, &result));
      if (!errors_.empty()) {  // Perhaps for a value that no row refers to.
        errors_.Clear();
        return ColumnPtr();
      }
      result = Retype(result, node.type);
      bool others_fixed = true;
      for (size_t i = 0; i < args.size(); ++i) {
        others_fixed &= i == which || nodes_[static_cast<size_t>(node.args[i])].constant;
      }
      if (others_fixed) {
        node.dictionary = dictionary;
        node.dictionary_result = result;
      }
    }
    if (result->is_constant()) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr all, AsConstant(result, column->length, pool()));
      return column->validity == nullptr ? all : WithNulls(all, column->validity, node.type);
    }
    bool keep = node.type.is_view() && !result->may_have_nulls() && result->is_flat();
    if (keep) {
      auto mapped = std::make_shared<Column>(*column);
      mapped->type = node.type;
      mapped->children = {result};
      return ColumnPtr(std::move(mapped));
    }
    std::span<const int32_t> indices(column->indices(), static_cast<size_t>(column->length));
    WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(result, indices, pool()));
    return column->validity == nullptr ? gathered
                                       : WithNulls(gathered, column->validity, node.type);
  }

  // ---- AND, OR ----

  Result<ColumnPtr> ComputeLogic(const Node& node, Frame& frame) {
    // `settling` is the value that settles the result (FALSE of AND); rows where some argument has
    // it are settled, rows where all arguments are the opposite are `agreed`; the others are NULL.
    bool settling = node.kind == NodeKind::kOr;
    int64_t n = frame.num_rows;
    WEIR_ASSIGN_OR_RETURN(auto agreed, AllocateBitmap(n, true, pool()));
    WEIR_ASSIGN_OR_RETURN(auto settled, AllocateBitmap(n, false, pool()));
    uint8_t* a = agreed->mutable_data();
    uint8_t* s = settled->mutable_data();
    for (size_t k = 0; k < node.args.size(); ++k) {
      int64_t open = n;
      bool everywhere = k == 0 || nodes_[static_cast<size_t>(node.args[k])].eager;
      if (k > 0) {
        open = n - CountSetBits(s, n);
        if (open == 0) break;
      }
      if (everywhere || open == n) {
        WEIR_ASSIGN_OR_RETURN(ColumnPtr value, ValueOf(node.args[k], frame));
        WEIR_ASSIGN_OR_RETURN(auto yes, BitsWhere(value, settling, pool()));
        WEIR_ASSIGN_OR_RETURN(auto no, BitsWhere(value, !settling, pool()));
        OrBits(s, yes->data(), n, s);
        AndBits(a, no->data(), n, a);
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(auto unsettled, AllocateBitmap(n, false, pool()));
      NotBits(s, n, unsettled->mutable_data());
      Frame narrow = Narrow(frame, unsettled->data(), open);
      WEIR_ASSIGN_OR_RETURN(ColumnPtr value, ValueOf(node.args[k], narrow));
      WEIR_ASSIGN_OR_RETURN(auto yes, BitsWhere(value, settling, pool()));
      WEIR_ASSIGN_OR_RETURN(auto no, BitsWhere(value, !settling, pool()));
      for (int64_t j = 0; j < open; ++j) {
        int32_t row = narrow.rows[static_cast<size_t>(j)];
        if (GetBit(yes->data(), j)) SetBit(s, row);
        if (!GetBit(no->data(), j)) ClearBit(a, row);
      }
    }
    auto out = std::make_shared<Column>();
    out->type = node.type;
    out->length = n;
    WEIR_ASSIGN_OR_RETURN(auto valid, AllocateBitmap(n, false, pool()));
    OrBits(a, s, n, valid->mutable_data());
    if (!AllBitsSet(valid->data(), n)) out->validity = std::move(valid);
    out->values = settling ? std::move(settled) : std::move(agreed);
    return ColumnPtr(std::move(out));
  }

  // ---- CASE, COALESCE ----

  /// Node `id` on the rows of `mask`: on the whole frame where that does no harm, else on those
  /// rows alone.
  Result<Piece> PieceOf(int id, Frame& frame, const std::shared_ptr<arrow::Buffer>& mask,
                        int64_t count) {
    Piece piece;
    piece.mask = mask;
    if (count == frame.num_rows || nodes_[static_cast<size_t>(id)].eager) {
      WEIR_ASSIGN_OR_RETURN(piece.column, ValueOf(id, frame));
      return piece;
    }
    Frame narrow = Narrow(frame, mask->data(), count);
    WEIR_ASSIGN_OR_RETURN(piece.column, ValueOf(id, narrow));
    row_lists_.push_back(std::move(narrow.rows));
    piece.rows = &row_lists_.back();
    return piece;
  }

  /// The rows of `among` for which node `id` is TRUE.
  Result<std::shared_ptr<arrow::Buffer>> TrueAmong(int id, Frame& frame,
                                                   const std::shared_ptr<arrow::Buffer>& among,
                                                   int64_t count) {
    WEIR_ASSIGN_OR_RETURN(Piece piece, PieceOf(id, frame, among, count));
    WEIR_ASSIGN_OR_RETURN(auto bits, BitsWhere(piece.column, true, pool()));
    if (piece.rows == nullptr) {
      AndBits(bits->data(), among->data(), frame.num_rows, bits->mutable_data());
      return bits;
    }
    WEIR_ASSIGN_OR_RETURN(auto wide, AllocateBitmap(frame.num_rows, false, pool()));
    VisitSetBits(bits->data(), count, [&](int64_t j) {
      SetBit(wide->mutable_data(), (*piece.rows)[static_cast<size_t>(j)]);
    });
    return wide;
  }

  Result<ColumnPtr> ComputeCase(const Node& node, Frame& frame) {
    int64_t n = frame.num_rows, left = n;
    std::vector<Piece> pieces;
    size_t depth = row_lists_.size();
    WEIR_ASSIGN_OR_RETURN(auto open, AllocateBitmap(n, true, pool()));
    size_t i = 0;
    for (; i + 1 < node.args.size() && left > 0; i += 2) {
      WEIR_ASSIGN_OR_RETURN(auto taken, TrueAmong(node.args[i], frame, open, left));
      int64_t count = CountSetBits(taken->data(), n);
      if (count == 0) continue;
      AndNotBits(open->data(), taken->data(), n, open->mutable_data());
      left -= count;
      WEIR_ASSIGN_OR_RETURN(Piece piece, PieceOf(node.args[i + 1], frame, taken, count));
      pieces.push_back(std::move(piece));
    }
    if (left > 0) {
      Piece piece;
      if (node.args.size() % 2 == 1) {
        WEIR_ASSIGN_OR_RETURN(piece, PieceOf(node.args.back(), frame, open, left));
      } else {
        piece.mask = open;
        WEIR_ASSIGN_OR_RETURN(piece.column, MakeNullColumn(node.type, n, pool()));
      }
      pieces.push_back(std::move(piece));
    }
    return FinishPieces(node, frame, std::move(pieces), depth);
  }

  Result<ColumnPtr> ComputeCoalesce(const Node& node, Frame& frame) {
    int64_t n = frame.num_rows, left = n;
    std::vector<Piece> pieces;
    size_t depth = row_lists_.size();
    WEIR_ASSIGN_OR_RETURN(auto open, AllocateBitmap(n, true, pool()));
    for (size_t k = 0; k < node.args.size() && left > 0; ++k) {
      WEIR_ASSIGN_OR_RETURN(Piece piece, PieceOf(node.args[k], frame, open, left));
      bool last = k + 1 == node.args.size();
      if (!last && piece.column->may_have_nulls()) {
        WEIR_ASSIGN_OR_RETURN(auto taken, NotNullAmong(piece, n, *open));
        int64_t count = CountSetBits(taken->data(), n);
        if (count == 0) continue;
        if (piece.rows != nullptr) WEIR_RETURN_NOT_OK(Widen(&piece, n));
        piece.mask = taken;
        WEIR_ASSIGN_OR_RETURN(auto rest, AllocateBitmap(n, false, pool()));
        AndNotBits(open->data(), taken->data(), n, rest->mutable_data());
        open = std::move(rest);
        left -= count;
      } else {
        left = 0;
      }
      pieces.push_back(std::move(piece));
    }
    return FinishPieces(node, frame, std::move(pieces), depth);
  }

  /// Rows of `open` for which the piece has a value.
  Result<std::shared_ptr<arrow::Buffer>> NotNullAmong(const Piece& piece, int64_t n,
                                                      const arrow::Buffer& open) {
    WEIR_ASSIGN_OR_RETURN(auto taken, AllocateBitmap(n, false, pool()));
    const Column& column = *piece.column;
    if (piece.rows != nullptr) {
      for (size_t j = 0; j < piece.rows->size(); ++j) {
        if (!column.IsNull(static_cast<int64_t>(j)))
          SetBit(taken->mutable_data(), (*piece.rows)[j]);
      }
    } else if (column.is_constant() || column.type.kind() == TypeKind::kNull) {
      if (!column.IsNull(0))
        std::memcpy(taken->mutable_data(), open.data(), static_cast<size_t>(BitmapBytes(n)));
    } else {
      AndBits(column.validity_bits(), open.data(), n, taken->mutable_data());
    }
    return taken;
  }

  /// Spreads a compact piece over the whole frame, so that a mask can choose among its rows.
  Status Widen(Piece* piece, int64_t n) {
    std::vector<int32_t> indices(static_cast<size_t>(n), -1);
    for (size_t j = 0; j < piece->rows->size(); ++j) {
      indices[static_cast<size_t>((*piece->rows)[j])] = static_cast<int32_t>(j);
    }
    WEIR_ASSIGN_OR_RETURN(piece->column, Gather(piece->column, indices, pool()));
    piece->rows = nullptr;
    return Status::OK();
  }

  Result<ColumnPtr> FinishPieces(const Node& node, Frame& frame, std::vector<Piece> pieces,
                                 size_t depth) {
    ColumnPtr out;
    if (pieces.size() == 1 && pieces[0].rows == nullptr) {
      out = Retype(pieces[0].column, node.type);  // One branch for all rows.
    } else {
      WEIR_ASSIGN_OR_RETURN(out,
                            AssemblePieces(node.type, frame.num_rows, std::move(pieces), pool()));
    }
    row_lists_.resize(depth);
    return out;
  }

  std::vector<Node>& nodes_;
  const Batch& batch_;
  KernelContext context_;
  RowErrors errors_;
  Frame root_;
  bool hoist_ = false;
  std::deque<std::vector<int32_t>> row_lists_;  // Stack of the row lists of pieces in the making.
  int64_t error_row_ = -1;
  int64_t error_count_ = 0;
  int error_node_ = -1;
  std::string error_message_;
};

}  // namespace

Result<ColumnVector> Program::Evaluate(const Batch& batch, KernelContext& context) {
  Execution execution(nodes_, batch, context);
  WEIR_RETURN_NOT_OK(execution.RunUnconditional());
  ColumnVector columns;
  columns.reserve(roots_.size());
  for (int root : roots_) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, execution.ValueOf(root, execution.root()));
    columns.push_back(std::move(column));
  }
  WEIR_RETURN_NOT_OK(execution.FirstError());
  return columns;
}

Status Program::Filter(const Batch& batch, int i, KernelContext& context,
                       std::vector<int32_t>* selected) {
  selected->clear();
  Execution execution(nodes_, batch, context);
  std::vector<int> conjuncts, todo = {roots_[static_cast<size_t>(i)]};
  while (!todo.empty()) {
    int id = todo.back();
    todo.pop_back();
    const Node& node = nodes_[static_cast<size_t>(id)];
    if (node.kind == NodeKind::kAnd && !node.constant) {
      todo.insert(todo.end(), node.args.rbegin(), node.args.rend());
    } else {
      conjuncts.push_back(id);
    }
  }
  std::deque<Frame> frames;
  Frame* frame = &execution.root();
  std::shared_ptr<arrow::Buffer> bits;  // Rows of `frame` that are still in; absent: all.
  int64_t count = frame->num_rows;
  for (int id : conjuncts) {
    if (count == 0) break;
    bool few = count * 4 < frame->num_rows;
    if (count < frame->num_rows && (few || !nodes_[static_cast<size_t>(id)].eager)) {
      frames.push_back(execution.Narrow(*frame, bits->data(), count));
      frame = &frames.back();
      bits.reset();
    }
    WEIR_ASSIGN_OR_RETURN(ColumnPtr value, execution.ValueOf(id, *frame));
    WEIR_ASSIGN_OR_RETURN(auto holds, BitsWhere(value, true, execution.pool()));
    if (bits != nullptr)
      AndBits(holds->data(), bits->data(), frame->num_rows, holds->mutable_data());
    bits = std::move(holds);
    count = CountSetBits(bits->data(), frame->num_rows);
  }
  WEIR_RETURN_NOT_OK(execution.FirstError());
  if (count == 0) return Status::OK();
  selected->resize(static_cast<size_t>(count));
  BitmapToIndices(bits ? bits->data() : nullptr, frame->num_rows, selected->data());
  for (const Frame* f = frame; f->parent != nullptr; f = f->parent) {
    for (int32_t& row : *selected) row = f->rows[static_cast<size_t>(row)];
  }
  return Status::OK();
}

}  // namespace weir
