// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/http_server.h"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace weir {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct Shared {
  const Api* api;
  HttpLimits limits;
  asio::thread_pool* handlers;
  std::atomic<size_t> connections{0};
};

std::string Text(const http::fields& fields, http::field field) {
  auto value = fields[field];
  return std::string(value.data(), value.size());
}

/// One connection: reads a request, has it handled, answers, and so on.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared* shared) : stream_(std::move(socket)), shared_(shared) {
    shared_->connections.fetch_add(1);
  }
  ~Connection() { shared_->connections.fetch_sub(1); }
  Connection(const Connection&) = delete;

  void Read() {
    parser_.emplace();
    parser_->header_limit(shared_->limits.header_bytes_max);
    parser_->body_limit(shared_->limits.body_bytes_max);
    stream_.expires_after(std::chrono::seconds(shared_->limits.idle_seconds_max));
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code error, size_t) { self->OnRead(error); });
  }

 private:
  void OnRead(beast::error_code error) {
    if (error == http::error::end_of_stream || error == beast::error::timeout) return Close();
    if (error == http::error::body_limit)
      return Write({413, "text/plain", "the request is too long\n"}, false);
    if (error == http::error::header_limit)
      return Write({431, "text/plain", "the request's header is too long\n"}, false);
    if (error) return Write({400, "text/plain", "this is no HTTP request\n"}, false);
    ApiRequest request;
    const auto& message = parser_->get();
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.authorization = Text(message, http::field::authorization);
    request.host = Text(message, http::field::host);
    request.body = message.body();
    bool keep_alive = message.keep_alive();
    // A savepoint may take long: other requests are answered meanwhile.
    stream_.expires_never();
    asio::post(*shared_->handlers,
               [self = shared_from_this(), request = std::move(request), keep_alive] {
                 ApiResponse response = self->shared_->api->Handle(request);
                 asio::post(self->stream_.get_executor(),
                            [self, keep_alive, response = std::move(response)]() mutable {
                              self->Write(std::move(response), keep_alive);
                            });
               });
  }

  void Write(ApiResponse response, bool keep_alive) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, response.content_type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.keep_alive(keep_alive);
    response_.body() = std::move(response.body);
    response_.prepare_payload();
    stream_.expires_after(std::chrono::seconds(shared_->limits.idle_seconds_max));
    http::async_write(stream_, response_,
                      [self = shared_from_this(), keep_alive](beast::error_code error, size_t) {
                        if (error || !keep_alive) return self->Close();
                        self->Read();
                      });
  }

  void Close() {
    beast::error_code ignored;
    // NOLINTNEXTLINE(bugprone-unused-return-value): it is `ignored` again.
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  Shared* shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

class BeastServer : public HttpServer {
 public:
  BeastServer(const Api* api, const HttpLimits& limits)
      : acceptor_(context_),
        handlers_(static_cast<size_t>(limits.handler_threads)),
        shared_{api, limits, &handlers_} {}
  ~BeastServer() override {
    Stop();
    handlers_.join();
  }

  Status Open(const tcp::endpoint& endpoint) {
    beast::error_code error;
    // NOLINTBEGIN(bugprone-unused-return-value): what they return is `error` again.
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    // NOLINTEND(bugprone-unused-return-value)
    if (!error) return Status::OK();
    return WithHint(Unavailable("cannot listen on {}:{}: {}", endpoint.address().to_string(),
                                endpoint.port(), error.message()),
                    "--port 0 takes any free port");
  }
  uint16_t port() const override { return acceptor_.local_endpoint().port(); }
  void Run() override {
    Accept();
    context_.run();
  }
  void Stop() override { context_.stop(); }

 private:
  void Accept() {
    acceptor_.async_accept(
        asio::make_strand(context_), [this](beast::error_code error, tcp::socket socket) {
          bool room = shared_.connections.load() < shared_.limits.connections_max;
          // Over the limit the socket is closed at once.
          if (!error && room) std::make_shared<Connection>(std::move(socket), &shared_)->Read();
          if (error != asio::error::operation_aborted) Accept();
        });
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::thread_pool handlers_;
  Shared shared_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const std::string& address, uint16_t port,
                                                       const Api* api, const HttpLimits& limits) {
  beast::error_code error;
  auto parsed = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return InvalidQuery("'{}' is no IP address", address);
  if (!parsed.is_loopback()) {
    return WithHint(
        InvalidQuery("the server listens on loopback addresses only, not on {}", address),
        "--listen 127.0.0.1");
  }
  auto server = std::make_unique<BeastServer>(api, limits);
  WEIR_RETURN_NOT_OK(server->Open({parsed, port}));
  return std::unique_ptr<HttpServer>(std::move(server));
}

Result<ApiResponse> SendRequest(const HttpAddress& address, const ApiRequest& request,
                                int64_t timeout_seconds) {
  asio::io_context context;
  beast::tcp_stream stream(context);
  beast::error_code error;
  auto parsed = asio::ip::make_address(address.host, error);
  if (error) return InvalidQuery("'{}' is no IP address", address.host);
  http::request<http::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(http::field::host, fmt::format("{}:{}", address.host, address.port));
  message.set(http::field::authorization, request.authorization);
  message.set(http::field::content_type, "application/json");
  message.keep_alive(false);
  message.body() = request.body;
  message.prepare_payload();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{256} << 20);
  // Asynchronous calls, for only they have a time limit.
  auto fail = [&](beast::error_code what) { error = what; };
  stream.expires_after(std::chrono::seconds(timeout_seconds));
  stream.async_connect(tcp::endpoint(parsed, address.port), [&](beast::error_code connected) {
    if (connected) return fail(connected);
    http::async_write(stream, message, [&](beast::error_code written, size_t) {
      if (written) return fail(written);
      http::async_read(stream, buffer, parser, [&](beast::error_code read, size_t) { fail(read); });
    });
  });
  context.run();
  if (error) {
    return WithHint(Unavailable("no answer from the server at {}:{}: {}", address.host,
                                address.port, error.message()),
                    "weir serve");
  }
  auto& response = parser.get();
  return ApiResponse{static_cast<int>(response.result_int()),
                     Text(response, http::field::content_type), std::move(response.body())};
}

}  // namespace weir
