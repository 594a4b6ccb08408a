// The machine's own limits, measured in the same run as what is compared with them.

import COpenBLAS
import JSON
import Kernels

/// The best rates that direct calls of the libraries reach on all threads.
final class Peaks {
    /// How a library is put on all cores.
    enum Sharing: String, CaseIterable {
        /// Its own threads share one product.
        case libraryThreads = "its own threads"
        /// A thread for each core, each with its part of the rows.
        case ownThreads = "one thread a core"
    }

    private let threads: Int
    private let repetitions: Int
    private let isQuick: Bool
    private var best: [ProductKind: Double] = [:]
    private var bandwidthFound: MemoryBandwidth?

    init(threads: Int, repetitions: Int, isQuick: Bool) {
        self.threads = threads
        self.repetitions = repetitions
        self.isQuick = isQuick
    }

    /// Large squares, and the tall products of SmolLM2-135M.
    var shapes: [ProductShape] {
        let all = [
            ProductShape(rows: 2048, columns: 1024, depth: 1024), ProductShape(rows: 2048, columns: 2048, depth: 2048),
            ProductShape(rows: 2048, columns: 1536, depth: 576), ProductShape(rows: 2048, columns: 576, depth: 1536),
            ProductShape(rows: 2048, columns: 576, depth: 576), ProductShape(rows: 1024, columns: 4096, depth: 576),
        ]
        return isQuick ? Array(all[0..<3]) : all
    }

    /// FLOP a second of `kind` at `shape`: the median round.
    func rate(_ kind: ProductKind, _ shape: ProductShape, _ sharing: Sharing) -> Double {
        let isOwn = sharing == .ownThreads
        if kind == .openBLAS { openblas_set_num_threads(isOwn ? 1 : Int32(threads)) }
        // Lathe's pool has OpenBLAS on one thread.
        defer { if kind == .openBLAS { openblas_set_num_threads(1) } }
        let group = isOwn ? ThreadGroup(threads) : ThreadGroup(1, libraryThreads: threads)
        let part = isOwn ? shape.rows(shape.rows / threads) : shape
        let samples = group.measurePrepared(repetitions: repetitions) { _ in
            let product = LibraryProduct(kind, part)
            return { product.run() }
        }
        return (isOwn ? part.flops * Double(threads) : shape.flops) / samples.median
    }

    /// FLOP a second of `kind`, the best over shapes and ways of sharing. Measured once.
    func product(_ kind: ProductKind, onEach: (ProductShape, Sharing, Double) -> Void = { _, _, _ in }) -> Double {
        if let known = best[kind] { return known }
        var peak = 0.0
        for shape in shapes {
            for sharing in Sharing.allCases {
                let rate = rate(kind, shape, sharing)
                onEach(shape, sharing, rate)
                peak = max(peak, rate)
            }
        }
        best[kind] = peak
        return peak
    }

    /// What was measured so far, in GFLOP/s and GB/s.
    var facts: JSONObject {
        var object = JSONObject()
        for kind in ProductKind.allCases {
            if let rate = best[kind] { object[kind.rawValue + " GFLOP/s"] = .double(rate / 1e9) }
        }
        if let bandwidthFound {
            object["triad GB/s"] = .double(bandwidthFound.triad / 1e9)
            object["read GB/s"] = .double(bandwidthFound.read / 1e9)
        }
        return object
    }

    /// Bytes a second. Measured once.
    var bandwidth: MemoryBandwidth {
        if let known = bandwidthFound { return known }
        let found = MemoryBandwidth(threads: threads, repetitions: repetitions)
        bandwidthFound = found
        return found
    }
}
