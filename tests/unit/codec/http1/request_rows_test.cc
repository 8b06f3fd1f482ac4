#include "unit/codec/http1/request_rows.h"

#include <cctype>

#include "sluice/codec/http1/details.h"

namespace sluice::http1::test {

using namespace details;               // NOLINT(google-build-using-namespace): rows are dense
using namespace std::string_literals;  // NOLINT(google-build-using-namespace): NUL bytes

namespace {

std::string Get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) + "\r\n";
}
std::string WithLine(std::string_view line) { return Get("/", std::string(line) + "\r\n"); }
std::string WithHost(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}
std::string Post(std::string_view lines, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n" + std::string(body);
}
std::string Line(std::string_view line) { return std::string(line) + "\r\nHost: h\r\n\r\n"; }

void AddMethodRows(std::vector<RequestRow>& rows) {
  for (const char* method :
       {"ACL",    "BIND",     "CHECKOUT",   "COPY",       "DELETE",     "HEAD",  "LINK",
        "LOCK",   "M-SEARCH", "MERGE",      "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE",
        "NOTIFY", "PATCH",    "POST",       "PROPFIND",   "PROPPATCH",  "PURGE", "PUT",
        "REBIND", "REPORT",   "SEARCH",     "SOURCE",     "SUBSCRIBE",  "TRACE", "UNBIND",
        "UNLINK", "UNLOCK",   "UNSUBSCRIBE"}) {
    rows.push_back({Line(std::string(method) + " / HTTP/1.1")});
    rows.push_back({Line(std::string(method) + "S / HTTP/1.1"), kCodecError});
  }
}

void AddBrokenLineRows(std::vector<RequestRow>& rows) {
  for (const char* line : {"GET / HTTP/2.0",
                           "GET / HTTP/3.0",
                           "GET / HTTP/0.9",
                           "GET / HTTP/1.2",
                           "GET / HTTP/1.10",
                           "GET / HTTP/11.1",
                           "GET / HTTP/1.",
                           "GET / HTTP/1",
                           "GET / HTTP1.1",
                           "GET / HTTP/1,1",
                           "GET / http/1.1",
                           "GET / Http/1.1",
                           "GET / HTTP /1.1",
                           "GET / HTTP/ 1.1",
                           "GET / HTTP/1.1 ",
                           "GET / HTTP/1.1\t",
                           "GET / HTTP/1.1 x",
                           "GET / ICE/1.0",
                           "SOURCE / ICE/1.0",
                           "DESCRIBE / RTSP/1.0",
                           "OPTIONS / RTSP/1.0",
                           "GET",
                           "GET / ",
                           "GET /  HTTP/1.1",
                           " GET / HTTP/1.1",
                           "\tGET / HTTP/1.1",
                           "GET\t/ HTTP/1.1",
                           "GET / HTTP/1.1\r",
                           "G\rET / HTTP/1.1",
                           " / HTTP/1.1",
                           "G@T / HTTP/1.1",
                           "GET: / HTTP/1.1",
                           "get / HTTP/1.1",
                           "Get / HTTP/1.1",
                           "FOO / HTTP/1.1",
                           "GETX / HTTP/1.1",
                           "QUERY / HTTP/1.1",
                           "DESCRIBE / HTTP/1.1",
                           "TEARDOWN / HTTP/1.1",
                           "PRI * HTTP/1.1"}) {
    rows.push_back({Line(line), kCodecError});
  }
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET /\tHTTP/1.1", "GET /\x0b HTTP/1.1", "GET /\r HTTP/1.1"}) {
    rows.push_back({Line(line), kInvalidUrl});
  }
}

}  // namespace

std::vector<RequestRow> StartLineRows() {
  std::vector<RequestRow> rows = {
      {Line("GET / HTTP/1.1")},
      {Line("GET /a/b?c=d&e HTTP/1.1")},
      {Line("OPTIONS * HTTP/1.1")},
      {Line("OPTIONS /x HTTP/1.1")},
      {Line("GET http://h/ HTTP/1.1")},
      {Line("GET HTTPS://h:1/?q HTTP/1.1")},
      {Line("OPTIONS http://h HTTP/1.1")},
      {Line("CONNECT h:443 HTTP/1.1")},
      {Line("CONNECT [::1]:443 HTTP/1.1")},
      {Line("GET / HTTP/1.0"), kLowVersion},
      {"\x16\x03\x01\x02\x00\x01"s, kCodecError},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", kCodecError},
      {"GET / HTTP/1.1\nHost: h\n\n", kCodecError},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", kCodecError},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", kCodecError},
      {"GET / HTTP/1.1\nHost: h\r\n\r\n", kCodecError},
      {"GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", kCodecError},
      {"\r\n" + Line("GET / HTTP/1.1"), kCodecError},
      {"\n" + Line("GET / HTTP/1.1"), kCodecError},
      {"\r\n\r\n", kCodecError},
  };
  AddBrokenLineRows(rows);
  AddMethodRows(rows);
  return rows;
}

std::vector<RequestRow> TargetRows() {
  std::vector<RequestRow> rows;
  for (const char* good :
       {"/%zz", "/a;b=c,d@e:f!$", "/\"<>[]^`{|}\\", "//a//b/../c", "/caf\xc3\xa9?\xf0\x9f\x98\x80",
        "http://h/\xc3\xa9", "/?", "/a?b?c", "http://h", "http://h?x", "http://[::1]:80/a"}) {
    rows.push_back({Get(good)});
  }
  for (const char* bad : {"/a#frag",
                          "/#",
                          "#",
                          "http://h/#f",
                          "*",
                          "*x",
                          "a",
                          "h:80",
                          "?a",
                          "\\a",
                          "http:/h",
                          "http:h",
                          "http://",
                          "http:///a",
                          "://h",
                          "http://u@h/",
                          "http://u:p@h/",
                          "http://h:99999/",
                          "http://h:x/",
                          "http://h\\/",
                          "http://[::1/",
                          "\xc3\xa9",
                          "/a\x7f"}) {
    rows.push_back({Get(bad), kInvalidUrl});
  }
  for (const char* scheme : {"ftp://h/", "ws://h/", "httpx://h/", "h2://h"}) {
    rows.push_back({Get(scheme), kInvalidScheme});
  }
  for (const char* line :
       {"OPTIONS *x HTTP/1.1", "OPTIONS ** HTTP/1.1", "CONNECT / HTTP/1.1", "CONNECT h HTTP/1.1",
        "CONNECT h: HTTP/1.1", "CONNECT :443 HTTP/1.1", "CONNECT h:1:2 HTTP/1.1",
        "CONNECT h:0 HTTP/1.1", "CONNECT http://h:1/ HTTP/1.1", "CONNECT u@h:1 HTTP/1.1",
        "CONNECT h:65536 HTTP/1.1", "CONNECT * HTTP/1.1"}) {
    rows.push_back({Line(line), kInvalidUrl});
  }
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\n') continue;
    rows.push_back({Get("/a"s + static_cast<char>(c) + "b"), kInvalidUrl});
  }
  rows.push_back({Get("/a\n"), kCodecError});
  rows.push_back({Get("/a b"), kCodecError});
  return rows;
}

std::vector<RequestRow> HostRows() {
  std::vector<RequestRow> rows = {
      {"GET / HTTP/1.1\r\nA: b\r\nhOsT:h\r\n\r\n"},
      {"GET / HTTP/1.1\r\n\r\n", kMissingHost},
      {"GET / HTTP/1.1\r\nA: b\r\n\r\n", kMissingHost},
      {"GET http://h/ HTTP/1.1\r\n\r\n", kMissingHost},
      {"CONNECT h:1 HTTP/1.1\r\n\r\n", kMissingHost},
      {"OPTIONS * HTTP/1.1\r\n\r\n", kMissingHost},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", kInvalidAuthority},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nHOST: i\r\n\r\n", kInvalidAuthority},
      {"GET / HTTP/1.1\r\nHost:\r\nHost: i\r\n\r\n", kInvalidAuthority},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\nHost: h\r\n\r\n", kInvalidAuthority},
      {"GET http://h/ HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", kInvalidAuthority},
      {"GET http://i/ HTTP/1.1\r\nHost: u@h\r\n\r\n", kInvalidAuthority},
  };
  for (const char* good : {"h", "h:80", "h:", "", "[::1]:8", "a_b-c.d~e", "  h  "}) {
    rows.push_back({WithHost(good)});
  }
  for (const char* bad : {"a b", "u@h", "h/p", "h?q", "h#f", "http://h", "h:x", "h:1:2", "h:70000",
                          "::1", "[::1", "[zz]", ":80", "h\xc3\xa9", "%", "h\tx", "<h>", "h\\"}) {
    rows.push_back({WithHost(bad), kInvalidAuthority});
  }
  return rows;
}

std::vector<RequestRow> FieldLineRows() {
  std::vector<RequestRow> rows;
  for (const char* good :
       {"A:b", "A: \t b \t ", "A:", "A: ", "A: b:c:d", "A: b\tc d", "A: caf\xc3\xa9 \xff", "x_y: 1",
        "!#$%&'*+-.^_`|~09az: v", "A: b\r\nA: c\r\nB: d", "TE: trailers, deflate",
        "Expect: 100-continue"}) {
    rows.push_back({WithLine(good)});
  }
  for (const char* bad :
       {"A : b", "A\t: b", ": b", "A", "A b: c", " A: b", "\tA: b", "A: b\r\n c", "A: b\r\n\tc",
        "A:\r\n b", "A: b\r\n \r\nB: c", "A: b\nB: c", "A\r: b", "\rA: b"}) {
    rows.push_back({WithLine(bad), kCodecError});
  }
  for (const char* bad : {"A: b\rB: c", "A: b\r", "A: \rb"}) {
    rows.push_back({WithLine(bad), kInvalidCharacters});
  }
  rows.push_back({"GET / HTTP/1.1\r\n Host: h\r\n\r\n", kCodecError});
  rows.push_back({"GET / HTTP/1.1\r\nHost: h\r\n  \r\n\r\n", kCodecError});
  for (int c = 0; c < 0x100; ++c) {
    if (c == '\t' || c == '\n' || (c >= 0x20 && c != 0x7f)) continue;
    rows.push_back({WithLine("A: b"s + static_cast<char>(c) + "c"), kInvalidCharacters});
    rows.push_back({WithLine("A: "s + static_cast<char>(c)), kInvalidCharacters});
  }
  for (int c = 0; c < 0x100; ++c) {
    const std::string_view marks = "!#$%&'*+-.^_`|~";
    if (c == ':' || std::isalnum(c) != 0) continue;
    if (marks.find(static_cast<char>(c)) != std::string_view::npos) continue;
    rows.push_back({WithLine("A"s + static_cast<char>(c) + "B: c"), kCodecError});
  }
  return rows;
}

std::vector<RequestRow> FramingRows() {
  std::vector<RequestRow> rows = {
      {Post("Content-Length: 0\r\n", "")},
      {Post("Content-Length: 5\r\n", "hello")},
      {Post("Content-Length: 005\r\n", "hello")},
      {Post("Content-Length:\t5 \r\n", "hello")},
      {Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
      {Post("transfer-encoding:ChUnKeD \r\n", "0\r\n\r\n")},
      {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"},
      {Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), kCodecError},
      {Post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), kCodecError},
      {Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       kCodecError},
      {Post("Content-Length : 5\r\n", "hello"), kCodecError},
      {Post("Content-Length\x0b: 5\r\n", "hello"), kCodecError},
      {Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), kCodecError},
      {Post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), kCodecError},
      {Post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       kInvalidCharacters},
      {Post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello"),
       kInvalidTransferEncoding},
      {"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n"},
      {"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n\r\nhello", kBodyDisallowed},
      {"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       kInvalidTransferEncoding},
  };
  for (const char* lines : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                            "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"}) {
    rows.push_back({Post(lines, "0\r\n\r\n"), kChunkedContentLength});
  }
  for (const char* length : {"5, 5", "5,6", "+5", "-5", "0x5", "5 5", "5;", "\"5\"", "5.0", "", "a",
                             "9223372036854775808", "18446744073709551616", "18446744073709551621",
                             "99999999999999999999999999999", "\xc2\xb2"}) {
    rows.push_back({Post("Content-Length: "s + length + "\r\n", "hello"), kCodecError});
  }
  for (const char* coding : {"gzip, chunked", "chunked, chunked", "chunked, identity", "identity",
                             "gzip", "chunked;q=1", "\"chunked\"", "xchunked", "chunked x", "",
                             ",chunked", "chunked,", "chunke", "chunked\xff"}) {
    rows.push_back(
        {Post("Transfer-Encoding: "s + coding + "\r\n", "0\r\n\r\n"), kInvalidTransferEncoding});
  }
  return rows;
}

}  // namespace sluice::http1::test
