internal import Tensors
import CKernels
import COpenBLAS
public import Vocabulary

/// Threads that the system refused. Results depend on their number, so that nothing is computed with fewer.
public struct MissingThreads: ClassifiedError {
    public let wanted: Int
    public let started: Int
    /// `errno` of the first that was refused.
    let code: Int32

    public var kind: FailureKind { .inputOutput }
    public var description: String {
        "\(started) of \(wanted) threads could be started: \(SystemError(code, writing: "").cause)"
            + "\nhint: end other programs, or ask for fewer with train.threads"
    }
}

/// What the machine offers and what was chosen: instruction set, threads, libraries.
public enum Processor {
    /// Starts the pool that owns all parallelism; only the first call counts.
    /// - Parameter threads: nil for every CPU this process may use.
    public static func start(threads: Int?) throws(MissingThreads) {
        let code = lathe_pool_start(Int32(clamping: threads ?? 0))
        guard code == 0 else {
            throw MissingThreads(wanted: Int(lathe_pool_wanted_threads()), started: self.threads, code: code)
        }
    }

    /// Threads of the pool, the caller's included.
    public static var threads: Int { Int(lathe_pool_threads()) }

    /// The instruction set in use: `avx512_bf16`, `avx512`, `avx2` or `scalar`; `LATHE_ISA` lowers it, for the libraries too.
    public static var instructionSet: String { name(lathe_processor_isa(), lathe_has_bfloat16()) }

    /// The widest that CPU and system have, whatever `LATHE_ISA` says.
    public static var widestInstructionSet: String {
        name(lathe_widest_isa(), lathe_widest_has_bfloat16())
    }

    private static func name(_ instructionSet: lathe_isa, _ hasBFloat16: Bool) -> String {
        switch instructionSet {
        case LATHE_AVX512: hasBFloat16 ? "avx512_bf16" : "avx512"
        case LATHE_AVX2: "avx2"
        default: "scalar"
        }
    }

    /// The words that `LATHE_ISA` may hold.
    public static let instructionSetLimits = ["scalar", "avx2", "avx512"]

    /// What `LATHE_ISA` forces, nil where it is not set or holds no such word.
    public static var forcedInstructionSet: String? {
        let limit = lathe_instruction_limit().rawValue
        return instructionSetLimits.indices.contains(Int(limit)) ? instructionSetLimits[Int(limit)] : nil
    }

    /// Whether products of bf16 matrices are faster than those of fp32.
    public static var hasFastBFloat16: Bool { lathe_has_bfloat16() }

    /// The libraries behind `Products`, with the versions found at run time and the instruction sets that they chose.
    public static var libraries: [(name: String, version: String, instructionSet: String)] {
        // "OpenBLAS 0.3.21 NO_LAPACKE …"
        let blas = String(cString: openblas_get_config()).split(separator: " ").dropFirst().first
        return [
            (
                name: "OpenBLAS", version: blas.map { String($0) } ?? "?",
                instructionSet: String(cString: openblas_get_corename())
            )
        ]
    }
}

extension Processor {
    /// Runs `body` for `0..<count`, each on one thread of the pool, and returns when all are done.
    public static func forEach(_ count: Int, _ body: (Int) -> Void) { parallel(count) { index, _ in body(index) } }

    /// The same, with the number of the thread: what is kept for each of `threads` needs no lock.
    public static func forEach(_ count: Int, _ body: (_ index: Int, _ thread: Int) -> Void) { parallel(count, body) }

    /// What `body` gives for `0..<count`, each on one thread of the pool, in order.
    /// - Throws: what the first of them threw.
    public static func map<Value, Failure: Error>(
        _ count: Int, _ body: (Int) throws(Failure) -> Value
    ) throws(Failure) -> [Value] {
        let outcomes = [Result<Value, Failure>?](unsafeUninitializedCapacity: count) { outcomes, initialized in
            outcomes.initialize(repeating: nil)
            parallel(count) { index, _ in
                outcomes[index] = Result { () throws(Failure) in try body(index) }
            }
            initialized = count
        }
        var values: [Value] = []
        for outcome in outcomes {
            if let outcome { values.append(try outcome.get()) }
        }
        return values
    }
}

/// Runs `body` for `0..<count` on the pool and returns when all are done. `slot` names the running thread: what is kept per
/// slot needs no lock.
func parallel(_ count: Int, _ body: (_ index: Int, _ slot: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var task = Task(body: body)
        withUnsafeMutablePointer(to: &task) { task in
            lathe_parallel_for(
                count,
                { context, index, slot in
                    context?.assumingMemoryBound(to: Task.self).pointee.body(index, Int(slot))
                }, task)
        }
    }
}

private struct Task { let body: (Int, Int) -> Void }

/// Runs `body` over `0..<count` in ranges of at most `grain`, whose borders depend on nothing else.
func parallelRanges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    guard count > 0 else { return }
    let grain = max(grain, 1)
    guard count > grain else { return body(0..<count) }
    parallel((count + grain - 1) / grain) { index, _ in body(index * grain..<min(count, (index + 1) * grain)) }
}

extension ElementType {
    var c: lathe_type { self == .f32 ? LATHE_F32 : LATHE_BF16 }
}

extension Matrix {
    /// Rows that make a task of about 32,768 numbers: long enough to hide the hand-over, short enough to share out.
    var rowGrain: Int { max(1, 32_768 / max(columns, 1)) }

    func row(_ index: Int) -> UnsafeMutableRawPointer { pointer + index * columns * type.byteCount }

    /// The number at `index`, counted row by row.
    func element(_ index: Int) -> UnsafeMutableRawPointer { pointer + index * type.byteCount }

    var floatPointer: UnsafeMutablePointer<Float> {
        precondition(type == .f32)
        return pointer.assumingMemoryBound(to: Float.self)
    }
}
