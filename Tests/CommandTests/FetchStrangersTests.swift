// What `lathe fetch` makes of places that strangers name, and of what an earlier call left.

import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    @Suite struct FetchingFromStrangers {
        /// A name from an address stays in the folder of models.
        @Test(arguments: ["..%2F..%2Frecipes2", "%2E%2E", "a%2Fb.gguf", "%2E%2E%2Fup.gguf", ".hidden", "a%0Ab"])
        func aNameThatLeavesTheFolderIsRefused(_ name: String) throws {
            let files = try Fetching.files()
            let server = try ToyHub { request, _ in
                let asked = request.path.split(separator: "/").last.map(String.init) ?? ""
                return (files[asked] ?? (asked.hasSuffix(".gguf") ? [1, 2] : nil)).map { .file($0, request) }
                    ?? ToyHub.Reply(status: 404)
            }
            defer { server.stop() }
            try LatheCommand.inFolder { lathe in
                func isUntouched() -> Bool {
                    ["checkpoints", "recipes2", "up.gguf", "../up.gguf", "../recipes2"].allSatisfy { !lathe.has($0) }
                }
                try lathe("fetch", server.address + "/" + name).expectFailure(64, "--out")
                #expect(isUntouched(), "nothing was written, there or elsewhere")
                #expect(server.requests.isEmpty)
                let outcome = try lathe("fetch", server.address + "/" + name, "--out", "models/mine")
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(isUntouched())
            }
        }

        /// A folder behind an address whose weights lie where an index says.
        private func withIndex(
            _ index: String, _ more: [String: [UInt8]] = [:], _ body: (LatheCommand, ToyHub, String) throws -> Void
        ) throws {
            var files = try Fetching.files().merging(more) { $1 }
            files["model.safetensors.index.json"] = Array(index.utf8)
            let all = files
            let server = try ToyHub { request, _ in
                all[String(request.path.dropFirst("/m/mine/".count))].map { .file($0, request) }
                    ?? ToyHub.Reply(status: 404)
            }
            defer { server.stop() }
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment["LATHE_FETCH_PATIENCE"] = "1"
                try body(lathe, server, server.address + "/m/mine")
            }
        }

        @Test(
            arguments: [
                #""model.safetensors.index.json""#, #""config.json""#, #""manifest.json""#, #""../up.safetensors""#,
                #""/etc/x.safetensors""#, #"".hidden.safetensors""#, "7", "null", "[]", #"{"file": "a.safetensors"}"#,
            ])
        func anIndexNamesWeightsAlone(_ value: String) throws {
            let index = #"{"weight_map": {"lm_head.weight": "model.safetensors", "model.norm.weight": \#(value)}}"#
            try withIndex(index) { lathe, _, address in
                try lathe("fetch", address).expectFailure(
                    65, "model.safetensors.index.json", "model.norm.weight", ".safetensors")
                #expect(!lathe.has("checkpoints/base/mine"))
            }
        }

        /// A server that gives `bytes` of a GGUF file; while it is down, a third of them.
        private func withGGUF(
            _ bytes: [UInt8], _ body: (LatheCommand, String, _ setDown: (Bool) -> Void) throws -> Void
        ) throws {
            let isDown = Mutex(false)
            let server = try ToyHub { request, _ in
                var reply = ToyHub.Reply.file(bytes, request)
                guard isDown.withLock({ $0 }) else { return reply }
                guard request.headers["range"] == nil else { return ToyHub.Reply(status: 503) }
                reply.cutAfter = bytes.count / 3
                return reply
            }
            defer { server.stop() }
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment["LATHE_FETCH_PATIENCE"] = "1"
                try body(lathe, server.address + "/at/model.gguf") { value in isDown.withLock { $0 = value } }
            }
        }

        /// A mark that says "whole" without bytes is not believed; what waited is gone once all stands in its place.
        @Test func whatAKilledCallLeftIsNotBelieved() throws {
            let bytes = [UInt8](repeating: 7, count: 30_000)
            try withGGUF(bytes) { lathe, address, setDown in
                setDown(true)
                try lathe("fetch", address).expectFailure(74, "503")
                let waiting = lathe.url("checkpoints/base/.model.gguf.partial")
                let part = waiting.appendingPathComponent("model.gguf")
                #expect(try Data(contentsOf: part).count == bytes.count / 3)
                try FileManager.default.removeItem(at: part)
                try Data().write(to: part.appendingPathExtension("whole"))
                setDown(false)
                let report = try lathe.json("fetch", address)
                #expect(report["fetched"] == true)
                #expect(try Array(Data(contentsOf: lathe.url("checkpoints/base/model.gguf"))) == bytes)
                #expect(!FileManager.default.fileExists(atPath: waiting.path))
            }
        }

        /// What comes before an answer is no answer.
        @Test func earlyHeadsArePassedOver() throws {
            let server = try ToyHub { request, _ in
                var reply = ToyHub.Reply.file([1, 2, 3], request)
                reply.early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                return reply
            }
            defer { server.stop() }
            try LatheCommand.inFolder { lathe in
                // A path that looks like a hub's page is any other here, and its query goes with it.
                _ = try lathe.json("fetch", server.address + "/a/blob/main/model.gguf?key=1")
                #expect(try Data(contentsOf: lathe.url("checkpoints/base/model.gguf")) == Data([1, 2, 3]))
                #expect(server.requests.map(\.path) == ["/a/blob/main/model.gguf?key=1"])
            }
        }

        @Test func aStateIsOnePartOfAnAddress() throws {
            let hub = try ToyHub { _, _ in ToyHub.Reply(status: 404) }
            defer { hub.stop() }
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment["HF_ENDPOINT"] = hub.address
                try lathe("fetch", "desk/tiny", "--revision", "refs/pr/1").expectFailure(66, "refs/pr/1")
                #expect(hub.requests.map(\.path) == ["/api/models/desk/tiny/revision/refs%2Fpr%2F1?blobs=true"])
                for patience in ["soon", "0", "-1", "nan"] {
                    lathe.environment["LATHE_FETCH_PATIENCE"] = patience
                    try lathe("fetch", "desk/tiny").expectFailure(64, "LATHE_FETCH_PATIENCE", patience, "3600")
                }
                #expect(hub.requests.count == 1)
            }
        }
    }
}
