// `lathe fetch` from a hub on this machine that redirects, breaks off, lies, and is asked for keys.

import Digests
import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Fetching {
        private static let commit = String(repeating: "c0ffee12", count: 5)

        /// The files of the tiny model, and some that nobody needs.
        static func files() throws -> [String: [UInt8]] {
            var files: [String: [UInt8]] = ["pytorch_model.bin": [1, 2, 3], "onnx/model.onnx": [4], "README.md": [5]]
            for name in try FileManager.default.contentsOfDirectory(atPath: TinyModel.base.path) {
                files[name] = Array(try Data(contentsOf: TinyModel.base.appendingPathComponent(name)))
            }
            return files
        }

        /// What a hub says of `files`, those of weights as large ones with a digest.
        private static func listing(_ files: [String: [UInt8]]) -> [UInt8] {
            let siblings = files.sorted { $0.key < $1.key }.map { name, bytes -> JSONValue in
                var entry = JSONObject([("rfilename", .string(name)), ("size", .integer(bytes.count))])
                if name.hasSuffix(".safetensors") || name.hasSuffix(".gguf") {
                    entry["lfs"] = ["sha256": .string(SHA256.hex(of: bytes)), "size": .integer(bytes.count)]
                }
                return .object(entry)
            }
            return Array(
                JSONValue.object(JSONObject([("sha", .string(commit)), ("siblings", .array(siblings))])).text().utf8)
        }

        /// A hub with one model, `desk/tiny`. Weights lie at another address, to which it redirects.
        private func withHub(
            _ files: [String: [UInt8]],
            _ change: @escaping @Sendable (ToyHub.Request, Int, inout ToyHub.Reply) -> Void = { _, _, _ in },
            _ body: (LatheCommand, ToyHub) throws -> Void
        ) throws {
            let store = try ToyHub { request, before in
                var reply = ToyHub.Reply(status: 404)
                if let bytes = files[String(request.path.dropFirst("/blobs/".count))] {
                    reply = .file(bytes, request)
                }
                change(request, before, &reply)
                return reply
            }
            defer { store.stop() }
            let storeAddress = store.address
            let hub = try ToyHub { request, before in
                var reply = ToyHub.Reply(status: 404)
                let resolve = "/desk/tiny/resolve/\(Self.commit)/"
                if request.path.hasPrefix("/api/models/desk/tiny/revision/main") {
                    reply = ToyHub.Reply(body: Self.listing(files))
                } else if request.path.hasPrefix(resolve) {
                    let name = String(request.path.dropFirst(resolve.count))
                    if let bytes = files[name] {
                        reply =
                            name.hasSuffix(".safetensors") || name.hasSuffix(".gguf")
                            ? ToyHub.Reply(
                                status: 302,
                                headers: [
                                    "Location: \(storeAddress)/blobs/\(name)",
                                    "X-Linked-Etag: \"\(SHA256.hex(of: bytes))\"", "X-Linked-Size: \(bytes.count)",
                                ])
                            : .file(bytes, request)
                    }
                }
                change(request, before, &reply)
                return reply
            }
            defer { hub.stop() }
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment = ["HF_ENDPOINT": hub.address, "HF_TOKEN": "", "LATHE_FETCH_PATIENCE": "1"]
                try body(lathe, hub)
            }
        }

        @Test func aModelComesWithWhatItNeedsAndNoMore() throws {
            let files = try Self.files()
            try withHub(files) { lathe, hub in
                var lathe = lathe
                lathe.environment["HF_TOKEN"] = "secret"
                let report = try lathe.json("fetch", "desk/tiny")
                #expect(report["path"]?.string?.hasSuffix("checkpoints/base/tiny") == true)
                let names = try lathe.names(in: "checkpoints/base/tiny")
                #expect(names.contains("fetched.json") && names.contains("manifest.json"))
                #expect(!names.contains("pytorch_model.bin") && !names.contains("README.md") && !names.contains("onnx"))
                for name in ["config.json", "model.safetensors", "tokenizer.json"] {
                    #expect(try Array(Data(contentsOf: lathe.url("checkpoints/base/tiny/" + name))) == files[name])
                }
                let told = report["files"]?.array?.first { $0["path"]?.string == "model.safetensors" }
                #expect(told?["sha256"]?.string == files["model.safetensors"].map { SHA256.hex(of: $0) })
                let keys = Set(hub.requests.map { $0.headers["authorization"] ?? "" })
                #expect(keys == ["Bearer secret"])
                #expect(try lathe("verify", "checkpoints/base/tiny").code == 0)
                #expect(try lathe.names(in: "checkpoints/base") == ["tiny"], "nothing waits there any more")
                // It is used as any other.
                #expect(try lathe.score("checkpoints/base/tiny").count == 8)
                let asked = hub.requests.count
                #expect(try lathe.json("fetch", "desk/tiny")["fetched"] == false)
                #expect(hub.requests.count == asked + 1, "the listing says that nothing has changed")
            }
        }

        @Test func theKeyGoesToTheHubAlone() throws {
            let seen = Mutex<[String]>([])
            try withHub(try Self.files()) { request, _, _ in
                if request.path.hasPrefix("/blobs/"), let key = request.headers["authorization"] {
                    seen.withLock { $0.append(key) }
                }
            } _: { lathe, _ in
                var lathe = lathe
                lathe.environment["HF_TOKEN"] = "secret"
                let outcome = try lathe("fetch", "desk/tiny")
                #expect(outcome.code == 0, "\(outcome.errors)")
            }
            let keys = seen.withLock { $0 }
            #expect(keys.isEmpty)
        }

        /// Broken off three times, then slow, in one call: each time it goes on where it was.
        @Test func aBrokenConnectionIsGoneOnWith() throws {
            let files = try Self.files(), ranges = Mutex<[String]>([])
            try withHub(files) { request, before, reply in
                guard request.path.hasSuffix("/blobs/model.safetensors") else { return }
                ranges.withLock { $0.append(request.headers["range"] ?? "") }
                if before < 3 { reply.cutAfter = 50_000 }
                if before == 3 {
                    reply.cutAfter = 10_000
                    reply.silence = 3
                }
            } _: { lathe, _ in
                let outcome = try lathe("fetch", "desk/tiny", "--quiet")
                #expect(outcome.code == 0, "\(outcome.errors)")
                let found = try Array(Data(contentsOf: lathe.url("checkpoints/base/tiny/model.safetensors")))
                #expect(found == files["model.safetensors"])
            }
            let asked = ranges.withLock { $0 }
            #expect(asked == ["", "bytes=50000-", "bytes=100000-", "bytes=150000-", "bytes=160000-"])
        }

        /// The next call goes on where one ended that could not; and does not, where the file has become another meanwhile.
        @Test(arguments: [false, true]) func anotherCallGoesOn(isChanged: Bool) throws {
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let other = bytes.map { $0 ^ 1 }
            let isBack = Mutex(false), ranges = Mutex<[String]>([])
            let server = try ToyHub { request, before in
                ranges.withLock { $0.append(request.headers["range"] ?? "") }
                guard isBack.withLock({ $0 }) else {
                    guard before == 0 else { return ToyHub.Reply(status: 503) }
                    var reply = ToyHub.Reply.file(bytes, request)
                    reply.cutAfter = 70_000
                    return reply
                }
                return isChanged ? .file(other, request, tag: "\"two\"") : .file(bytes, request)
            }
            defer { server.stop() }
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment["LATHE_FETCH_PATIENCE"] = "1"
                let address = server.address + "/some/where/model.gguf"
                let failed = try lathe("fetch", address)
                failed.expectFailure(74, "503", "the same command goes on")
                #expect(!lathe.has("checkpoints/base/model.gguf"))
                isBack.withLock { $0 = true }
                ranges.withLock { $0 = [] }
                let report = try lathe.json("fetch", address)
                let found = try Array(Data(contentsOf: lathe.url("checkpoints/base/model.gguf")))
                #expect(found == (isChanged ? other : bytes))
                #expect(report["sha256"]?.string == SHA256.hex(of: found))
                let asked = ranges.withLock { $0 }
                #expect(asked == ["bytes=70000-"])
                #expect(try lathe.names(in: "checkpoints/base") == ["model.gguf", "model.gguf.manifest.json"])
            }
        }

        @Test func otherBytesThanPromisedAreRefused() throws {
            let files = try Self.files()
            try withHub(files) { request, _, reply in
                if request.path.hasSuffix("/blobs/model.safetensors"), !reply.body.isEmpty { reply.body[1000] ^= 1 }
            } _: { lathe, _ in
                try lathe("fetch", "desk/tiny").expectFailure(74, "model.safetensors", "SHA-256", "removed")
                #expect(!lathe.has("checkpoints/base/tiny"))
            }
        }

        @Test func refusalsSayWhatHelps() throws {
            try withHub(try Self.files()) { request, _, reply in
                if request.path.contains("/api/models/desk/tiny/") { reply = ToyHub.Reply(status: 403) }
            } _: { lathe, hub in
                try lathe("fetch", "desk/tiny").expectFailure(65, "403", "terms", "HF_TOKEN")
                try lathe("fetch", "desk/none").expectFailure(66, "model desk/none", "--revision")
                #expect(hub.requests.count == 2, "what stays refused is not asked again")
                try lathe("fetch", "no-such-folder").expectFailure(66, "no-such-folder", "OWNER/NAME")
                try lathe("fetch", "ftp://127.0.0.1/x").expectFailure(64, "https://")
            }
            let closed = try ToyHub { _, _ in ToyHub.Reply() }
            closed.stop()
            try LatheCommand.inFolder { lathe in
                var lathe = lathe
                lathe.environment = ["HF_ENDPOINT": closed.address, "LATHE_FETCH_PATIENCE": "0.1"]
                try lathe("fetch", "desk/tiny").expectFailure(74, "127.0.0.1", "the same command goes on")
            }
        }

        @Test func ofSeveralGGUFFilesOneIsNamed() throws {
            let gguf = Array(try Data(contentsOf: TinyModel.gguf))
            try withHub(["a-Q4.gguf": gguf, "b-Q8.gguf": gguf + [0], "README.md": [1]]) { lathe, _ in
                try lathe("fetch", "desk/tiny").expectFailure(65, "2 GGUF files", "--file a-Q4.gguf", "b-Q8.gguf")
                let report = try lathe.json("fetch", "desk/tiny", "--file", "a-Q4.gguf")
                #expect(report["sha256"]?.string == SHA256.hex(of: gguf))
                #expect(try lathe.score("checkpoints/base/a-Q4.gguf").count == 8)
                try lathe("fetch", "desk/tiny", "--file", "c.gguf").expectFailure(66, "c.gguf", "a-Q4.gguf")
            }
        }

        @Test func whatIsNotLathesStays() throws {
            try withHub(try Self.files()) { lathe, _ in
                try FileManager.default.createDirectory(
                    at: lathe.url("checkpoints/base/tiny"), withIntermediateDirectories: true)
                try lathe.write("checkpoints/base/tiny/notes.txt", "mine")
                try lathe("fetch", "desk/tiny").expectFailure(74, "notes.txt", "was not written by Lathe")
                #expect(try lathe.text("checkpoints/base/tiny/notes.txt") == "mine")
                #expect(try lathe.names(in: "checkpoints/base") == ["tiny"])
            }
        }

        @Test func aFolderOfThisMachineIsCopied() throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json("fetch", LatheCommand.huggingFace, "--out", "models/mine")
                #expect(report["files"]?.array?.contains { $0["path"]?.string == "model.safetensors" } == true)
                #expect(try lathe.score("models/mine").count == 8)
                try lathe("fetch", "models/mine", "--out", "models/mine").expectFailure(65, "models/mine")
                let gguf = try lathe.json("fetch", LatheCommand.gguf)
                #expect(gguf["path"]?.string?.hasSuffix("checkpoints/base/tiny.f32.gguf") == true)
            }
        }
    }
}
