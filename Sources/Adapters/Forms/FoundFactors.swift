// The factors in a file that says nothing of them but their names: the adapter is made of what is there. Everything that does not fit
// the model is told at once, under the file's own names.

internal import Kernels
internal import Models
internal import Tensors
internal import Vocabulary
internal import WeightFiles

/// A tensor of a file, and how it stands to the factor that it is.
struct FoundTensor {
    /// In the file.
    let name: String
    let tensor: FrozenTensor
    /// Whether the file has the columns of the factor as rows.
    let isTransposed: Bool

    var shape: Shape { tensor.shape }
    var rows: Int { shape.rank == 2 ? shape[isTransposed ? 1 : 0] : 1 }
    var columns: Int { shape.rank == 2 ? shape[isTransposed ? 0 : 1] : tensor.elementCount }

    /// The factor's numbers, row by row, in fp32.
    var numbers: [Float] {
        let numbers = Widening.floats(tensor)
        return isTransposed && shape.rank == 2 ? numbers.transposed(rows: columns, columns: rows) : numbers
    }
}

extension [Float] {
    /// A matrix `[rows, columns]` as its transpose.
    func transposed(rows: Int, columns: Int) -> [Float] {
        precondition(count == rows * columns)
        var result = [Float](repeating: 0, count: count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = self[row * columns + column] }
        }
        return result
    }
}

/// The factors of a file, collected module by module.
struct FoundFactors {
    private let file: String
    private let method: AdapterMethod
    private let layers: [String: AdaptableLayer]
    private let order: [String]
    /// By module, then by the factor's name: `lora_A.weight`.
    private var modules: [String: [String: FoundTensor]] = [:]
    private var problems: [AdapterError.Problem] = []

    /// - Parameter layers: of the model, in network order.
    init(of method: AdapterMethodKind, in file: String, for layers: [AdaptableLayer]) {
        self.file = file
        self.method = AdapterMethod.of(method)
        self.layers = Dictionary(layers.map { ($0.path, $0) }) { first, _ in first }
        order = layers.map(\.path)
    }

    /// Notes that the tensor `name` cannot be used.
    mutating func refuse(_ name: String, _ why: String, expected: String? = nil, found: String? = nil) {
        problems.append(AdapterError.Problem(why, subject: name, expected: expected, found: found))
    }

    /// Takes `tensor` as the factor `state` of the module `path`.
    mutating func add(_ tensor: FoundTensor, as state: String, of path: String) {
        guard layers[path] != nil else {
            return refuse(tensor.name, "belongs to no linear layer of the model")
        }
        guard modules[path]?[state] == nil else { return refuse(tensor.name, "stands twice, under two names") }
        guard Widening.supports(tensor.tensor.dtype) else {
            return refuse(tensor.name, "has an unsupported type", found: tensor.tensor.dtype.rawValue)
        }
        modules[path, default: [:]][state] = tensor
    }

    /// The adapter that they make.
    ///
    /// - Parameter alpha: of a module of that rank.
    func adapter(dropout: Double = 0, alpha: (_ rank: Int) -> Double) throws(AdapterError) -> AdapterSet {
        var problems = problems
        let paths = order.filter { modules[$0] != nil }
        for path in paths { problems += self.problems(of: path) }
        guard problems.isEmpty else { throw AdapterError(file: file, problems: problems) }
        guard !paths.isEmpty else { throw AdapterError(file: file, "holds no factors") }
        let ranks = paths.map { modules[$0]?["lora_A.weight"]?.rows ?? 0 }
        let rank = ranks.mostCommon ?? 1
        let others = zip(paths, ranks).filter { $0.1 != rank }
        var configuration = AdapterConfiguration(
            method: method.kind, rank: rank, alpha: alpha(rank), dropout: dropout, targets: .patterns(paths),
            rankOverrides: others.map { .init(pattern: $0.0, value: $0.1) },
            alphaOverrides: others.compactMap { path, own in
                alpha(own) == alpha(rank) ? nil : .init(pattern: path, value: alpha(own))
            })
        configuration.sharesFactors = false
        do throws(AdapterError) {
            let set = try AdapterSet(configuration, for: order.compactMap { layers[$0] })
            try set.load(try numbers(of: paths))
            return set
        } catch { throw error.located(file) }
    }

    /// What is wrong with the factors of one module.
    private func problems(of path: String) -> [AdapterError.Problem] {
        guard let layer = layers[path], let found = modules[path] else { return [] }
        let rank = found["lora_A.weight"]?.rows ?? found["lora_B.weight"]?.columns ?? 1
        let states = method.states(
            StateLayout(inputSize: layer.inputSize, outputSize: layer.outputSize, rank: max(rank, 1)))
        var problems: [AdapterError.Problem] = []
        for state in states {
            guard let tensor = found[state.name] else {
                let other = found.values.map(\.name).min() ?? path
                problems.append(AdapterError.Problem("has no \(state.name) beside it for \(path)", subject: other))
                continue
            }
            let sizes = [tensor.rows, tensor.columns]
            if tensor.shape.rank != state.shape.rank || sizes != [state.rows, state.columns] {
                let expected = state.shape.sizes
                problems.append(
                    AdapterError.Problem(
                        "has another shape than \(path) needs", subject: tensor.name,
                        expected: "\(tensor.isTransposed ? expected.reversed() : expected)", found: "\(tensor.shape)"))
            }
        }
        return problems
    }

    private func numbers(
        of paths: [String]
    ) throws(AdapterError) -> [(name: String, rows: Int, columns: Int, numbers: [Float])] {
        var values: [(name: String, rows: Int, columns: Int, numbers: [Float])] = []
        var problems: [AdapterError.Problem] = []
        for path in paths {
            for (state, tensor) in (modules[path] ?? [:]).sorted(by: { $0.key < $1.key }) {
                let numbers = tensor.numbers
                if let index = numbers.firstIndex(where: { !$0.isFinite }) {
                    problems.append(.init("holds a NaN or infinity at element \(index)", subject: tensor.name))
                }
                values.append(("\(path).\(state)", tensor.rows, tensor.columns, numbers))
            }
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        return values
    }
}
