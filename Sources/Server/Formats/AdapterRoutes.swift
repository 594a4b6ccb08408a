// Adapters come and go while the base is served: vLLM's addresses by name, llama.cpp's by number and scale.

internal import Foundation
internal import JSON
internal import Serving

enum AdapterRoutes {
    private static let name = Field("lora_name", .text(atLeast: 1), "What requests call it", required: true)

    private static let loadFields = [
        name,
        Field("lora_path", .text(), "Its name in the server's folder of adapters; lora_name where it is missing"),
        Field("scale", .number(-100...100), "How much it counts where a request only names it; 1 where it is missing"),
    ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post("/v1/load_lora_adapter", "Loads an adapter", loadFields, .object(["id", "name"])) {
                call async throws(RequestError) in try await load(call, context)
            },
            .post("/v1/unload_lora_adapter", "Drops an adapter", [name], .object(["name"])) {
                call async throws(RequestError) in try await unload(call, context)
            },
            .get("/lora-adapters", "The adapters, by number", .list) {
                _ async throws(RequestError) in .json(list(context))
            },
            Route(
                method: "POST", path: "/lora-adapters",
                note: "Sets how much adapters count where a request only names them",
                body: .list(
                    .object([
                        Field("id", .integer(0...Int.max), "The adapter's number", required: true),
                        Field("scale", .number(-100...100), "How much it counts", required: true),
                    ]), 0...64), reply: .list, isOpen: false
            ) { call async throws(RequestError) in try await setScales(call, context) },
        ]
    }

    private static func load(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse {
        guard let folder = context.settings.adapterFolder else {
            throw RequestError(
                status: 403,
                "the server loads no adapters on request; --adapter-dir names a folder of those that it may",
                code: "forbidden")
        }
        let name = call.text("lora_name") ?? "", file = call.text("lora_path") ?? name
        guard name != context.model.facts.name else {
            throw RequestError(
                status: 409, "lora_name: '\(name.prefix(80))' is the base", field: "lora_name", code: "name_taken")
        }
        guard context.model.adapter(name) == nil else {
            throw RequestError(
                status: 409, "lora_name: '\(name.prefix(80))' is loaded already", field: "lora_name", code: "name_taken"
            )
        }
        // Only what the folder lists is opened: a name is looked up there, and never made into a path.
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw RequestError(status: 500, "the folder of adapters cannot be read", code: "failed")
        }
        guard let entry = entries.first(where: { $0.utf8.elementsEqual(file.utf8) }) else {
            let field = call.text("lora_path") == nil ? "lora_name" : "lora_path"
            throw RequestError(
                status: 404, "\(field): the folder of adapters has no '\(file.prefix(80))'", field: field,
                code: "adapter_not_found")
        }
        let path = folder + "/" + entry
        do throws(ServingError) {
            let adapter = try await context.model.load(name, from: path, scale: Float(call.number("scale") ?? 1))
            return .json([
                "id": .integer(adapter.id), "name": .string(adapter.name), "size": .integer(adapter.byteCount),
                "warnings": .array(adapter.warnings.map { .string($0) }),
            ])
        } catch { throw RequestError(error) }
    }

    private static func unload(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse {
        let name = call.text("lora_name") ?? ""
        do throws(ServingError) {
            try await context.model.unload(name)
        } catch {
            var error = RequestError(error)
            error.field = "lora_name"
            throw error
        }
        return .json(["name": .string(name)])
    }

    private static func list(_ context: ServiceContext) -> JSONValue {
        .array(
            context.model.adapters.map {
                [
                    "id": .integer($0.id), "name": .string($0.name), "path": .string($0.name),
                    "scale": .double(Double($0.scale)),
                ]
            })
    }

    private static func setScales(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse
    {
        var scales: [(id: Int, scale: Float)] = []
        for (index, entry) in call.list.enumerated() {
            let id = entry["id"]?.integer ?? -1
            guard context.model.adapters.contains(where: { $0.id == id }) else {
                throw RequestError(
                    "[\(index)].id: no adapter has the number \(id)", field: "[\(index)].id", code: "invalid_value")
            }
            scales.append((id, Float(entry["scale"]?.double ?? 1)))
        }
        for (id, scale) in scales {
            do throws(ServingError) {
                try await context.model.setScale(scale, of: id)
            } catch { throw RequestError(error) }
        }
        return .json(list(context))
    }
}
