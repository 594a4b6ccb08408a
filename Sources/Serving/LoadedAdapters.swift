// The adapters beside a base, and the mixtures of them that were asked for.

internal import Adapters
internal import Models
internal import Vocabulary

/// Adapters by name, on the engine's thread. A request keeps what acts for it, so that an adapter may be dropped meanwhile.
final class LoadedAdapters {
    private struct Loaded {
        var facts: ServedAdapter
        let read: ReadAdapter
        let binding: AdapterBinding
    }

    /// Several adapters as one, or one at another scale.
    private struct Mixture {
        let choices: [AdapterChoice]
        /// Of the adapters at that time: a name may come to mean another one.
        let ids: [Int]
        let set: AdapterSet
        let binding: AdapterBinding
        let byteCount: Int
    }

    private let base: ServedBase
    private var loaded: [Loaded] = []
    /// The one asked for last at the end.
    private var mixtures: [Mixture] = []
    private var next = 0
    private var limits = AdapterLimits()
    /// Told what acts for nobody who comes from now on.
    var whenDropped: (AdapterBinding) -> Void = { _ in }

    init(_ base: ServedBase) { self.base = base }

    var list: [ServedAdapter] { loaded.map(\.facts) }
    /// Of all numbers, those of mixtures too.
    var byteCount: Int { loaded.reduce(mixtureBytes) { $0 + $1.facts.byteCount } }
    private var mixtureBytes: Int { mixtures.reduce(0) { $0 + $1.byteCount } }

    // MARK: Coming and going

    /// Throws where no adapter can be loaded that is called `name`.
    func requireRoom(for name: String, _ limits: AdapterLimits) throws(ServingError) {
        guard !name.isEmpty else { throw .adapter(name: name, "a name is missing") }
        guard !loaded.contains(where: { $0.facts.name == name }) else {
            throw .adapter(name: name, "is loaded already; drop it first")
        }
        guard loaded.count < limits.count else {
            throw .adapter(name: name, "\(loaded.count) are loaded, which is the limit; drop one first")
        }
    }

    /// Takes over `read`, which stood at `path`.
    func load(
        _ name: String, _ read: ReadAdapter, from path: String, scale: Float, _ limits: AdapterLimits
    ) throws(ServingError) -> ServedAdapter {
        self.limits = limits
        // Another one may have come while it was read.
        try requireRoom(for: name, limits)
        do { try read.set.requireHead(fitting: base.model) } catch { throw .adapter(name: name, "\(error)") }
        let binding = read.set.binding(to: base.model), bytes = byteCount(read.set, binding)
        let others = loaded.reduce(0) { $0 + $1.facts.byteCount }
        guard others + bytes <= limits.bytes else {
            throw .adapter(
                name: name,
                "its \(bytes) bytes and the \(others) of those loaded are more than the limit of \(limits.bytes)")
        }
        let facts = ServedAdapter(
            name: name, id: next, path: path, scale: scale, byteCount: bytes, warnings: read.warnings,
            labels: read.set.configuration.head?.labels)
        next += 1
        loaded.append(Loaded(facts: facts, read: read, binding: binding))
        shrink()
        return facts
    }

    func unload(_ name: String) throws(ServingError) {
        guard let place = loaded.firstIndex(where: { $0.facts.name == name }) else { throw unknown(name) }
        let gone = loaded.remove(at: place)
        whenDropped(gone.binding)
        drop { $0.ids.contains(gone.facts.id) }
    }

    func setScale(_ scale: Float, of id: Int) throws(ServingError) {
        guard let place = loaded.firstIndex(where: { $0.facts.id == id }) else {
            throw .invalid(field: "id", "no adapter has the number \(id)")
        }
        guard scale.isFinite else { throw .invalid(field: "scale", "it is no number") }
        loaded[place].facts.scale = scale
    }

    // MARK: What acts

    /// What acts for a request that chose `choices`.
    func binding(_ choices: [AdapterChoice]) throws(ServingError) -> AdapterBinding {
        let parts = try parts(choices)
        guard let first = parts.first else { return AdapterBinding.none.with(task: base.model.ownHead) }
        if parts.count == 1, first.scale == 1 { return first.loaded.binding }
        return try mixture(parts).binding
    }

    /// Whether `binding` is that of the base, or still acts for who asks for it.
    func holds(_ binding: AdapterBinding) -> Bool {
        let ofBase = AdapterBinding.none.with(task: base.model.ownHead)
        return ([ofBase] + loaded.map(\.binding) + mixtures.map(\.binding)).contains { $0.isSame(as: binding) }
    }

    /// The adapter alone that `choices` name, with its head and its notes; nil for the base.
    func single(_ choices: [AdapterChoice], _ work: String) throws(ServingError) -> ReadAdapter? {
        let parts = try parts(choices)
        guard parts.count < 2, parts.allSatisfy({ $0.scale == 1 }) else {
            throw .unsupported("\(work): one adapter at scale 1, or none")
        }
        return parts.first?.loaded.read
    }

    /// Those that count, in the order of their numbers.
    private func parts(_ choices: [AdapterChoice]) throws(ServingError) -> [(loaded: Loaded, scale: Float)] {
        var parts: [(loaded: Loaded, scale: Float)] = []
        for choice in choices {
            guard let found = loaded.first(where: { $0.facts.name == choice.name }) else { throw unknown(choice.name) }
            guard choice.scale.isFinite else { throw .invalid(field: "scale", "it is no number") }
            guard !parts.contains(where: { $0.loaded.facts.id == found.facts.id }) else {
                throw .invalid(field: "lora", "the adapter '\(choice.name)' is named twice")
            }
            if choice.scale != 0 { parts.append((found, choice.scale)) }
        }
        return parts.sorted { $0.loaded.facts.id < $1.loaded.facts.id }
    }

    private func mixture(_ parts: [(loaded: Loaded, scale: Float)]) throws(ServingError) -> Mixture {
        let choices = parts.map { AdapterChoice($0.loaded.facts.name, scale: $0.scale) }
        let ids = parts.map(\.loaded.facts.id)
        if let place = mixtures.firstIndex(where: { $0.choices == choices && $0.ids == ids }) {
            let mixture = mixtures.remove(at: place)
            mixtures.append(mixture)
            return mixture
        }
        let name = choices.map { "\($0.name) × \($0.scale)" }.joined(separator: " + ")
        guard parts.allSatisfy({ $0.loaded.facts.labels == nil }) else {
            throw .adapter(name: name, "an adapter with the head of a task acts alone, at scale 1")
        }
        let set: AdapterSet
        do {
            set = try AdapterSet(
                combining: parts.map {
                    WeightedAdapter($0.loaded.read.set, name: $0.loaded.facts.name, weight: Double($0.scale))
                }, CombinationSettings(method: .cat), for: AdaptedModel(base.model).layers)
        } catch { throw .adapter(name: name, "\(error)") }
        let binding = set.binding(to: base.model)
        let mixture = Mixture(
            choices: choices, ids: ids, set: set, binding: binding, byteCount: byteCount(set, binding))
        mixtures.append(mixture)
        shrink()
        return mixture
    }

    /// Of the numbers of `set`, and of the copies of the head's weight that are made where it changes that.
    private func byteCount(_ set: AdapterSet, _ binding: AdapterBinding) -> Int {
        set.slab.count * MemoryLayout<Float>.size + base.model.changedHeadBytes(binding)
    }

    /// Forgets mixtures that were not asked for of late, where there are too many bytes; requests that run keep theirs.
    private func shrink() {
        while byteCount > limits.bytes, let oldest = mixtures.first {
            whenDropped(oldest.binding)
            mixtures.removeFirst()
        }
    }

    private func drop(_ isGone: (Mixture) -> Bool) {
        for mixture in mixtures where isGone(mixture) { whenDropped(mixture.binding) }
        mixtures.removeAll(where: isGone)
    }

    private func unknown(_ name: String) -> ServingError { .unknownAdapter(name, known: list.map(\.name)) }
}
