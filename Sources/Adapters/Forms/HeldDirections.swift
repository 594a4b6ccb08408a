// Directions of a module's factors that files leave out, since they count nothing: AdaLoRA gives them up, and PEFT's files say which
// are there.

import JSON
import Models

/// Which of the r directions of each module a file holds.
struct HeldDirections {
    /// By the module's path; a module that is not there has all.
    private let modules: [String: [Bool]]
    /// The matrices whose columns are directions; of the others it is the rows.
    private let inColumns: Set<String>
    /// What follows a module's path where files name its directions: `.lora_E`.
    private let ending: String

    /// Those of `adapter` that count; all where none does.
    init(_ adapter: AdapterSet) {
        let method = AdapterMethod.of(adapter.configuration.method)
        var modules: [String: [Bool]] = [:]
        for member in adapter.members {
            guard var flags = method.directions?(member.adapter.states) else { continue }
            // A module without any would have matrices without numbers.
            if !flags.contains(true), !flags.isEmpty { flags[0] = true }
            modules[member.path] = flags
        }
        let isUntouched = !modules.values.contains { $0.contains(false) } || adapter.isZero
        self.init(isUntouched ? [:] : modules, of: method)
    }

    /// Those that a file names: by the paths of their values.
    init(named: [String: [Bool]], of method: AdapterMethod) {
        let modules = named.map { ($0.key.split(separator: ".").dropLast().joined(separator: "."), $0.value) }
        self.init(Dictionary(modules) { first, _ in first }, of: method)
    }

    private init(_ modules: [String: [Bool]], of method: AdapterMethod) {
        func columns(_ rank: Int) -> [Int] {
            method.states(StateLayout(inputSize: 64, outputSize: 64, rank: rank)).map(\.columns)
        }
        let names = method.states(StateLayout(inputSize: 64, outputSize: 64, rank: 1)).map(\.name)
        self.modules = modules
        inColumns = Set(zip(names, zip(columns(1), columns(2))).filter { $0.1.0 != $0.1.1 }.map(\.0))
        ending = method.words.heldDirections.map { "." + $0.state } ?? ""
    }

    /// What a configuration says of them; null where files hold all.
    func json(_ name: (String) -> String) -> JSONValue {
        guard !modules.isEmpty else { return .null }
        return .object(
            JSONObject(
                modules.sorted { $0.key < $1.key }.map { path, flags in
                    (name(path) + ending, .array(flags.map { .bool($0) }))
                }))
    }

    /// Rows and columns that a file has of `state` in the module `path`.
    func sizes(of state: AdapterState, in path: String) -> (rows: Int, columns: Int) {
        guard let flags = modules[path] else { return (state.rows, state.columns) }
        let count = flags.count { $0 }
        return inColumns.contains(state.name) ? (state.rows, count) : (count, state.columns)
    }

    /// Which numbers of `state` in the module `path` a file holds, by row and column, and of a larger matrix those beyond it.
    func counts(of state: AdapterState, in path: String) -> (_ row: Int, _ column: Int) -> Bool {
        guard let flags = modules[path] else { return { _, _ in true } }
        let isInColumns = inColumns.contains(state.name)
        return { row, column in
            let direction = isInColumns ? column : row
            return direction >= flags.count || flags[direction]
        }
    }

    /// What a file holds of the numbers `[rows, columns]` of `state` in the module `path`.
    func cut(_ numbers: [Float], of state: AdapterState, in path: String) -> [Float] {
        guard let flags = modules[path] else { return numbers }
        let held = flags.indices.filter { flags[$0] }, columns = state.columns
        guard inColumns.contains(state.name) else {
            return held.flatMap { numbers[$0 * columns..<($0 + 1) * columns] }
        }
        return (0..<state.rows).flatMap { row in held.map { numbers[row * columns + $0] } }
    }

    /// `value` as a file holds it with the directions that are left out, as zeros. What has another size stays as it is.
    func widened(_ value: PEFTValue) -> PEFTValue {
        guard let dot = value.name.lastIndex(of: ".") else { return value }
        let state = String(value.name[value.name.index(after: dot)...])
        guard let flags = modules[String(value.name[..<dot])] else { return value }
        let held = flags.indices.filter { flags[$0] }, isInColumns = inColumns.contains(state)
        guard (isInColumns ? value.columns : value.rows) == held.count else { return value }
        let rows = isInColumns ? value.rows : flags.count, columns = isInColumns ? flags.count : value.columns
        var numbers = [Float](repeating: 0, count: rows * columns)
        for row in 0..<value.rows {
            for column in 0..<value.columns {
                let place = isInColumns ? row * columns + held[column] : held[row] * columns + column
                numbers[place] = value.numbers[row * value.columns + column]
            }
        }
        return (value.name, rows, columns, numbers)
    }
}
