// The tiny trained model as a service, asked without a socket.

import Foundation
import JSON
import Server
import Serving
import TestSupport
import Testing
import Workbench

/// A service, and what it tells.
struct TinyService {
    let service: ModelService
    let engine: ServingEngine

    /// One engine for all tests: opening it takes longer than what is asked of it.
    private static let engine = Result {
        let resolved = try ResolvedRecipe(
            model: TinyModel.chat.path, overrides: ["model.precision=fp32", "train.threads=1"], for: .serve)
        return ServingEngine(try ServedModel(resolved, name: "tiny"), limits: ServingLimits(sequences: 4))
    }

    /// - Parameter change: of how it behaves.
    init(_ change: (inout ServiceSettings) -> Void = { _ in }) throws {
        var settings = ServiceSettings()
        settings.version = "test"
        settings.adapterFolder = TinyModel.lora.path
        change(&settings)
        engine = try Self.engine.get()
        service = ModelService(engine, settings)
    }

    func get(_ path: String, _ headers: [(name: String, value: String)] = []) async -> Told {
        await Told(service.respond(to: ServerRequest(method: "GET", path: path, headers: headers)))
    }

    func post(
        _ path: String, _ body: JSONValue, headers: [(name: String, value: String)] = []
    ) async -> Told {
        await post(path, text: body.text(), headers: headers)
    }

    func post(
        _ path: String, text: String, type: String = "application/json",
        headers: [(name: String, value: String)] = []
    ) async -> Told {
        await Told(
            service.respond(
                to: ServerRequest(
                    method: "POST", path: path, headers: [("content-type", type)] + headers, body: Array(text.utf8))))
    }
}

/// A response, read to its end.
struct Told {
    let status: Int
    let headers: [(name: String, value: String)]
    let text: String

    init(_ response: ServerResponse) async {
        status = response.status
        headers = response.headers
        switch response.body {
        case .bytes(let bytes): text = String(decoding: bytes, as: UTF8.self)
        case .stream(let pieces, _):
            var all: [UInt8] = []
            for await piece in pieces { all += piece }
            text = String(decoding: all, as: UTF8.self)
        }
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var json: JSONValue {
        get throws { try JSONValue(parsing: text) }
    }

    /// Events of a stream, with their names where they have such; the last of OpenAI's is no JSON.
    var events: [(name: String?, data: JSONValue)] {
        get throws {
            try text.components(separatedBy: "\n\n").filter { !$0.isEmpty && $0 != "data: [DONE]" }.map { event in
                var name: String?
                var data = JSONValue.null
                for line in event.split(separator: "\n") {
                    if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { data = try JSONValue(parsing: String(line.dropFirst(6))) }
                }
                return (name, data)
            }
        }
    }

    /// Expects a refusal in OpenAI's form with `status` that names `field`.
    func expectRefusal(_ status: Int, _ field: String?, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
        let error = try json["error"]
        #expect(error?["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
        #expect(error?["param"]?.string == field, "\(text)", sourceLocation: sourceLocation)
    }
}

extension JSONValue {
    /// The value at a path of names and places.
    func at(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { value, name in
            Int(name).map { place in value?.array.flatMap { place < $0.count ? $0[place] : nil } }
                ?? value?[String(name)]
        }
    }
}
