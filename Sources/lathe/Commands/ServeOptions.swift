// What a server may be told: who may ask, and how much it takes upon itself.

internal import ArgumentParser
internal import Files
internal import Foundation
internal import JSON
internal import Server
internal import Serving
internal import Vocabulary
internal import Workbench

struct ServeOptions: ParsableArguments {
    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(
        help: ArgumentHelp(
            "An adapter, and what requests call it: a PEFT or MLX directory, a GGUF-LoRA file or a Lathe checkpoint.",
            valueName: "name=path"), completion: .file())
    var adapter: [String] = []
    @Option(help: "What requests call the base; without it the last part of its path.") var name: String?
    @Option(help: "The address to listen at.") var host = "127.0.0.1"
    @Option(help: "The port; 0: any that is free.") var port = 8080
    @Option(help: "A file of keys, one a line, one of which a request must have.", completion: .file())
    var apiKeyFile: String?
    @Option(
        help: "The folder from which requests may load adapters, by the names of what lies there.",
        completion: .directory)
    var adapterDir: String?
    @Option(help: "A name under which the server may be asked, beside localhost and addresses in numbers; *: any.")
    var allowHost: [String] = []
    @Option(help: "Another site whose pages may ask: https://example.org.") var allowOrigin: [String] = []

    @Option(help: "Answers written at the same time.") var parallel = 16
    @Option(help: "Requests that wait beside them; more are turned away.") var queue = 128
    @Option(help: "The most that keys and values of running answers take.") var cacheMemory = "512MiB"
    @Option(help: "The most that is kept of prompts, for others that begin alike; 0: nothing.")
    var prefixMemory = "256MiB"
    @Option(help: "Adapters loaded at the same time.") var maxAdapters = 64
    @Option(help: "The most that their numbers take.") var adapterMemory = "1GiB"
    @Option(help: "The longest that an answer may take, in seconds; without it as long as it takes.")
    var timeLimit: Double?
    @Option(help: "The largest body of a request.") var maxBody = "8MiB"
    @Option(help: "Connections at the same time; others wait.") var maxConnections = 512
    @Flag(
        help: "Answer with the base where a request names a model that is not served, as clients with fixed names do.")
    var anyModel = false
    @Flag(help: "Tell the bodies of requests on standard error too.") var logPrompts = false

    @OptionGroup var common: CommonOptions

    // MARK: What they come to

    func service() throws -> ServiceSettings {
        var settings = ServiceSettings()
        if let apiKeyFile { settings.gate.keys = try Self.keys(in: apiKeyFile) }
        settings.gate.hosts = allowHost
        settings.gate.origins = try allowOrigin.map(Self.origin)
        settings.adapterFolder = try adapterDir.map(Self.folder)
        settings.takesAnyName = anyModel
        settings.tellsBodies = logPrompts
        settings.version = LatheVersion.text
        guard !logPrompts || !common.quiet else {
            throw Failure(.usage, "--log-prompts and --quiet: bodies are told, or nothing is", hint: "leave one out")
        }
        if !common.quiet { settings.tell = { StandardError.say($0) } }
        return settings
    }

    func httpLimits() throws -> HTTPLimits {
        var limits = HTTPLimits()
        limits.bodyBytes = try Self.bytes(maxBody, "--max-body", least: 1)
        limits.connections = try Self.count(maxConnections, "--max-connections", least: 1)
        guard (0...65_535).contains(port) else { throw Failure(.usage, "--port \(port): expected 0 to 65535") }
        return limits
    }

    func servingLimits() throws -> ServingLimits {
        if let timeLimit, !(timeLimit > 0 && timeLimit < 1e9) {
            throw Failure(.usage, "--time-limit \(timeLimit): expected seconds above 0")
        }
        return ServingLimits(
            sequences: try Self.count(parallel, "--parallel", least: 1),
            cacheBytes: try Self.bytes(cacheMemory, "--cache-memory", least: 1 << 20),
            queue: try Self.count(queue, "--queue", least: 0),
            prefixBytes: try Self.bytes(prefixMemory, "--prefix-memory", least: 1 << 20, orNone: true),
            time: timeLimit.map { .seconds($0) })
    }

    /// The base with the adapters of the command line.
    func openedModel() throws -> ServedModel {
        var named: [(name: String, path: String)] = []
        for text in adapter {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex, text.index(after: sign) < text.endIndex
            else {
                throw Failure(
                    .usage, "--adapter \(text): expected NAME=PATH", hint: "give it a name: --adapter retail=\(text)")
            }
            let name = String(text[..<sign])
            guard !named.contains(where: { $0.name == name }) else {
                throw Failure(.usage, "--adapter \(text): another is called \(name)", hint: "give it another name")
            }
            named.append((name, String(text[text.index(after: sign)...])))
        }
        let limits = AdapterLimits(
            count: try Self.count(maxAdapters, "--max-adapters", least: 0),
            bytes: try Self.bytes(adapterMemory, "--adapter-memory"))
        let resolved = try ResolvedRecipe(model: model, overrides: common.overrides, for: .serve)
        let opened = try ServedModel(resolved, name: name, limits: limits)
        for text in opened.facts.warnings { common.observer.receive(.warning(text)) }
        for adapter in named {
            guard adapter.name != opened.facts.name else {
                throw Failure(
                    .usage, "--adapter \(adapter.name): the base has that name", hint: "give another, or --name")
            }
            let loaded = try Waiting.value { try await opened.load(adapter.name, from: adapter.path) }
            for text in loaded.warnings { common.observer.receive(.warning("\(adapter.name): \(text)")) }
        }
        return opened
    }

    // MARK: What is told

    /// Says where the server listens and what bounds it; as JSON where that was asked for.
    func tell(_ port: Int, _ model: ServedModel, _ limits: ServingLimits) throws {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let url = "http://\(shownHost):\(port)"
        let names = model.adapters.map(\.name)
        if common.json {
            let facts: JSONValue = [
                "url": .string(url), "port": .integer(port), "model": .string(model.facts.name),
                "adapters": .array(names.map { .string($0) }), "parallel": .integer(limits.sequences),
                "queue": .integer(limits.queue), "cache_bytes": .integer(limits.cacheBytes),
                "prefix_bytes": .integer(limits.prefixBytes), "adapter_bytes": .integer(model.limits.bytes),
            ]
            return try StandardOutput.showJSON(facts.text())
        }
        let adapters = names.isEmpty ? "" : " with " + names.joined(separator: ", ")
        try StandardOutput.show("listening on \(url): \(model.facts.name)\(adapters)")
        guard !common.quiet else { return }
        StandardError.say(
            "at most \(limits.sequences) answers at a time in \(cacheMemory) of keys and values, \(limits.queue) requests waiting, "
                + "\(prefixMemory) of prompts kept, \(model.limits.count) adapters in \(adapterMemory); weights take "
                + "\(model.facts.byteCount / 1_000_000) MB")
        if apiKeyFile == nil, host != "127.0.0.1", host != "localhost", host != "::1" {
            common.observer.receive(
                .warning("everybody who reaches \(host) may ask: --api-key-file names a file of keys"))
        }
    }

    // MARK: Reading

    /// The keys in a file, one a line.
    private static func keys(in path: String) throws -> [[UInt8]] {
        let bytes: [UInt8]
        do { bytes = try WholeFile.bytes(path) } catch {
            throw Failure(error.kind, "--api-key-file \(path) cannot be read: \(error.cause)", namedFile: path)
        }
        let keys = bytes.split { $0 == 10 || $0 == 13 }.map(Array.init)
        guard !keys.isEmpty else {
            throw Failure(.badInput, "--api-key-file \(path) holds no key", hint: "write one a line", namedFile: path)
        }
        // A space could not be told apart from one that a client adds, and what is no ASCII cannot be sent.
        guard keys.allSatisfy({ $0.allSatisfy { (33...126).contains($0) } }) else {
            throw Failure(
                .badInput, "--api-key-file \(path): a key holds other characters than letters, digits and signs",
                namedFile: path)
        }
        return keys
    }

    private static func folder(_ path: String) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure(.missingInput, "--adapter-dir \(path) is no folder", namedFile: path)
        }
        return path
    }

    /// - Parameter orNone: whether 0 does too.
    private static func bytes(_ text: String, _ option: String, least: Int = 0, orNone: Bool = false) throws -> Int {
        guard let bytes = ByteSize.bytes(text) else {
            throw Failure(.usage, "\(option) \(text) is none", hint: "give a size such as 512MiB")
        }
        guard bytes >= least || orNone && bytes == 0 else {
            throw Failure(
                .usage, "\(option) \(text): \(bytes) bytes are too few; \(least) are the least",
                hint: "give a size such as 512MiB")
        }
        return bytes
    }

    /// A site as browsers name it: a scheme, a host, and a port where it is not the usual one.
    private static func origin(_ text: String) throws -> String {
        let parts = text.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !parts[1].contains(where: { "/?#*@ ".contains($0) })
        else {
            throw Failure(
                .usage, "--allow-origin \(text) is no site", hint: "name it as its address begins: https://example.org")
        }
        return text.lowercased()
    }

    private static func count(_ number: Int, _ option: String, least: Int) throws -> Int {
        guard number >= least else { throw Failure(.usage, "\(option) \(number): expected \(least) or more") }
        return number
    }
}
