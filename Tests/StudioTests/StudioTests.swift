// What the page asks of runs: names are looked up, changes need the token, runs are begun by the command.

import Foundation
import JSON
import Server
import Studio
import TestSupport
import Testing

/// A folder of runs with one run in it, and a program that stands for the command.
private final class Bench {
    let home: URL
    let studio: Studio
    var run: URL { home.appendingPathComponent("checkpoints/demo") }

    init() throws {
        home = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-studio-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: home.appendingPathComponent("checkpoints/demo/prepared"), withIntermediateDirectories: true)
        // What it is asked it notes; a run waits to be told to stop.
        let program = home.appendingPathComponent("command")
        let script = """
            #!/bin/sh
            echo "$@" >> calls
            case "$1" in
            recipe) case "$(cat "$3")" in *bad*) echo 'lathe: line 1: no key bad' >&2; exit 2;; esac; echo '{"name":"fresh","valid":true}';;
            inspect) if test "$3" = --at; then echo '{"place":"held.jsonl:2","row":{"prompt":"two"}}'
              else echo '{"place":"held.jsonl:2","sequences":[{"ids":[5,6],"texts":["a","b"],"mask":[0,1]}]}'; fi;;
            score) echo '{"ids":[5,6,5,7,8],"logprobs":[null,-1.5,null,-0.5,-2.5],"mask":[0,1,0,1,1],"parts":[2,3]}';;
            run) echo at work >&2; exec sleep 300;;
            esac
            """
        try Data(script.utf8).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        studio = Studio(
            StudioSettings(
                runs: home.appendingPathComponent("checkpoints").path, program: program.path, token: "secret",
                version: "1"))
        try write(
            "run.json", #"{"name":"demo","base":"base","fingerprint":{"recipe":{"seed":"7","data.format":"auto"}}}"#)
        try write("recipe.yaml", "name: demo\n")
        try write("prepared/report.html", "<p>rows</p>")
        try write("events.jsonl", #"{"event":"step","step":1,"loss":2.5}"# + "\n" + #"{"event":"st"#)
        try write("scores.jsonl", #"{"scored_by":"x"}"# + "\n" + #"{"row":"r","loss":[[6.0,2.0],[3.0,2.0]]}"# + "\n")
        try Data("{\"prompt\":\"one\"}\n{\"prompt\":\"two\"}\n".utf8).write(
            to: home.appendingPathComponent("held.jsonl"))
        try write("prepared/examples.h5", "")
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: run.appendingPathComponent(name))
    }

    func append(_ name: String, _ text: String) throws {
        let file = try FileHandle(forWritingTo: run.appendingPathComponent(name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    func get(_ path: String, query: String = "") async -> (status: Int, json: JSONValue) {
        result(await studio.respond(to: ServerRequest(method: "GET", path: path, query: query)))
    }

    func post(_ path: String, _ body: JSONValue = [:], token: String = "secret") async -> (status: Int, json: JSONValue)
    {
        let headers = [(name: "content-type", value: "application/json"), (name: "x-lathe-token", value: token)]
        return result(
            await studio.respond(
                to: ServerRequest(method: "POST", path: path, headers: headers, body: Array(body.text().utf8))))
    }

    private func result(_ response: ServerResponse) -> (status: Int, json: JSONValue) {
        (response.status, (try? JSONValue(parsing: bytes(response))) ?? .null)
    }

    var calls: String { (try? String(contentsOf: home.appendingPathComponent("calls"), encoding: .utf8)) ?? "" }
}

@Suite struct StudioTests {
    @Test func runsAreLookedUpByName() async throws {
        let bench = try Bench()
        let runs = await bench.get("/studio/runs").json
        #expect(runs["runs"]?.array?.first?["id"] == "demo")
        let run = await bench.get("/studio/runs/demo").json
        #expect(run["recipe"]?["seed"] == "7")
        #expect(run["process"] == .null)
        #expect(run["files"] == ["data.html"])
        let strangers = [
            "..", "%2e%2e", "demo%2f..", "demo%2F..%2F..", "..%2fcheckpoints%2fdemo", ".", "none", "demo%00", "%ff",
            "/etc",
        ]
        for name in strangers {
            for rest in ["", "/events", "/recipe.yaml", "/rows", "/data.html"] {
                let status = await bench.get("/studio/runs/\(name)\(rest)").status
                #expect(status == 404 || status == 400, "\(name)\(rest)")
            }
        }
        #expect(await bench.get("/studio/recipe", query: "name=..%2Fetc%2Fpasswd").status == 404)
        // A page of a run is shown shut in: no script of it runs, whoever wrote the file.
        let page = await bench.studio.respond(to: ServerRequest(method: "GET", path: "/studio/runs/demo/data.html"))
        let policy = page.headers.first { $0.name == "content-security-policy" }?.value ?? ""
        #expect(policy.contains("default-src 'none';") && policy.hasSuffix("; sandbox"))
    }

    @Test func theLogIsReadOnFromWhereItWasReadTo() async throws {
        let bench = try Bench()
        let first = await bench.get("/studio/runs/demo/events").json
        let log = first["log"]?.string ?? ""
        #expect(first["events"]?.array?.count == 1)
        let next = try #require(first["next"]?.integer)
        // The line that is being written is no event yet.
        #expect(await bench.get("/studio/runs/demo/events", query: "from=\(next)&log=\(log)").json["events"] == [])
        try bench.append("events.jsonl", #"ep","step":2,"loss":2.0}"# + "\n")
        let second = await bench.get("/studio/runs/demo/events", query: "from=\(next)&log=\(log)").json
        #expect(second["events"]?.array?.map { $0["step"] } == [2])
        // A log that begins anew is another file, and read from its beginning, however long it is.
        let lines = (1...9).map { #"{"event":"step","step":\#($0),"loss":1.5}"# + "\n" }.joined()
        try Data(lines.utf8).write(to: bench.run.appendingPathComponent("events.jsonl"), options: .atomic)
        let third = await bench.get("/studio/runs/demo/events", query: "from=\(next)&log=\(log)").json
        #expect(third["events"]?.array?.count == 9)
        #expect(third["log"]?.string != log)
    }

    @Test func whatChangesSomethingNeedsTheToken() async throws {
        let bench = try Bench()
        let places = ["check", "plan", "start", "uploads", "runs/demo/stop", "runs/demo/resume", "runs/demo/reviews"]
        for place in places + ["runs/demo/rows/0/losses"] {
            for token in ["", "secre", "secrets", "tecres"] {
                #expect(await bench.post("/studio/" + place, token: token).status == 403, "\(place) \(token)")
            }
        }
        #expect(bench.calls.isEmpty)
        // A form of another page cannot say that it sends JSON.
        let form = ServerRequest(
            method: "POST", path: "/studio/start",
            headers: [("x-lathe-token", "secret"), ("content-type", "text/plain")],
            body: Array("{}".utf8))
        #expect(await bench.studio.respond(to: form).status == 415)
    }

    @Test func aRunIsBegunByTheCommandWithAFileThatItCanRead() async throws {
        let bench = try Bench()
        let bad = await bench.post("/studio/check", ["recipe": "bad: 1\n"])
        #expect(bad.status == 422)
        #expect(bad.json["error"]?["message"] == "lathe: line 1: no key bad")
        let started = await bench.post("/studio/start", ["recipe": "name: fresh\n"])
        #expect(started.json["file"] == "fresh.yaml")
        let file = bench.home.appendingPathComponent("fresh.yaml")
        #expect(try String(contentsOf: file, encoding: .utf8) == "name: fresh\n")
        #expect(await bench.get("/studio/runs/fresh").json["process"]?.integer != nil)
        #expect(await bench.post("/studio/start", ["recipe": "name: fresh\n"]).status == 409)
        // A file that says something else stays.
        #expect(await bench.post("/studio/start", ["recipe": "name: fresh\nseed: 1\n"]).status == 409)
        #expect(try String(contentsOf: file, encoding: .utf8) == "name: fresh\n")
        #expect(await bench.post("/studio/runs/fresh/stop").status == 200)
        for _ in 0..<200 where await bench.get("/studio/runs/fresh").json["process"] != .null {
            try await Task.sleep(for: .milliseconds(10))
        }
        let ended = await bench.get("/studio/runs/fresh").json
        #expect(ended["process"] == .null)
        #expect(bench.calls.split(separator: "\n").filter { $0 == "run fresh.yaml" }.count == 1)
        #expect(await bench.get("/studio/runs/fresh/log").json["text"] == "at work\n")
        #expect(await bench.post("/studio/runs/fresh/stop").status == 409)
        #expect(await bench.post("/studio/runs/demo/resume").status == 200)
        _ = await bench.post("/studio/runs/demo/stop")
    }

    @Test func uploadsReplaceNothing() async throws {
        let bench = try Bench()
        func upload(_ name: String) async -> Int {
            await bench.studio.respond(
                to: ServerRequest(
                    method: "POST", path: "/studio/uploads", query: "name=" + name,
                    headers: [("x-lathe-token", "secret")],
                    body: Array("{}\n".utf8))
            ).status
        }
        #expect(await upload("rows.jsonl") == 200)
        #expect(await upload("rows.jsonl") == 409)
        for name in ["", "..%2Frows.jsonl", ".rows.jsonl", "rows.sh", "a%20b.jsonl", "%00.jsonl"] {
            #expect(await upload(name) == 400, "\(name)")
        }
        let data = await bench.get("/studio/files").json["data"]?.array ?? []
        #expect(data.contains("uploads/rows.jsonl") && data.contains("held.jsonl"))
        #expect(!data.contains { $0.string?.hasPrefix("checkpoints/demo") == true })
    }

    @Test func rowsHaveLossesAndMarks() async throws {
        let bench = try Bench()
        let rows = await bench.get("/studio/runs/demo/rows").json["rows"]?.array ?? []
        #expect(rows.count == 1 && rows[0]["index"] == 0)
        #expect(rows[0]["base"]?["loss"]?.double == 3 && rows[0]["adapter"]?["loss"]?.double == 1.5)
        let losses = await bench.post("/studio/runs/demo/rows/0/losses")
        #expect(losses.json["base"] == [[.null, 1.5], [.null, 0.5, 2.5]])
        // Whatever steps the recipe has, rows are those that the run read.
        let calls = bench.calls.split(separator: "\n").filter { $0.contains("prepared/examples.h5 --row 0 --tokens") }
        #expect(calls.count == 2 && calls[0].hasPrefix("score --model base --data ") && calls[1].contains("--adapter "))
        let marked = await bench.post("/studio/runs/demo/reviews", ["index": 0, "wrong": true, "note": "typo"]).json
        #expect(marked["step"] == "data:\n  steps:\n    - review: {marks: \"reviews/demo.jsonl\"}\n")
        #expect(marked["reviews"]?.array?.map { $0["row"] } == [["prompt": "two"]])
        #expect(bench.calls.contains("recipe.yaml --at held.jsonl:2 --unmasked"))
        let kept = await bench.get("/studio/runs/demo/rows").json["reviews"]?.array ?? []
        #expect(kept.map { $0["place"] } == ["held.jsonl:2"])
        _ = await bench.post("/studio/runs/demo/reviews", ["index": 0, "wrong": false])
        let rest = await bench.get("/studio/runs/demo/rows").json
        #expect(rest["reviews"] == [] && rest["step"] == .null)
        let lines = try String(contentsOf: bench.home.appendingPathComponent("reviews/demo.jsonl"), encoding: .utf8)
        #expect(
            lines.split(separator: "\n").count == 2
                && lines.hasSuffix("\"wrong\":false,\"note\":\"\",\"row\":{\"prompt\":\"two\"}}\n"))
    }
}
