// Threads of the benchmark's own, for what does not go through Lathe's pool: the libraries' own peak, the memory's bandwidth.

import Foundation
import Synchronization

/// Runs one thing on several fresh threads that start each round together.
struct ThreadGroup: Sendable {
    private let count: Int
    /// Threads that a library may use in each of ours.
    private let libraryThreads: Int

    init(_ count: Int, libraryThreads: Int = 1) {
        self.count = count
        self.libraryThreads = libraryThreads
    }

    /// Seconds of one round, from the first start to the last end. One round goes before that is not counted; short rounds
    /// are made of several runs.
    func measure(repetitions: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) -> Samples {
        measurePrepared(repetitions: repetitions) { thread in { body(thread) } }
    }

    /// As above; `prepare` runs on each thread first and gives what is to be measured.
    func measurePrepared(repetitions: Int, prepare: @escaping @Sendable (_ thread: Int) -> () -> Void) -> Samples {
        let gate = Gate(count)
        let spans = Mutex<[[ClosedRange<ContinuousClock.Instant>]]>(Array(repeating: [], count: repetitions))
        let runs = Mutex(1)
        let done = DispatchSemaphore(value: 0)
        for thread in 0..<count {
            let work = Thread { [libraryThreads] in
                setLibraryThreads(libraryThreads)
                let body = prepare(thread)
                body()
                let first = Stopwatch.seconds(body)
                if thread == 0 { runs.withLock { $0 = max(1, Int((0.03 / max(first, 1e-9)).rounded(.up))) } }
                gate.wait()
                let runs = runs.withLock { $0 }
                for round in 0..<repetitions {
                    gate.wait()
                    let start = ContinuousClock.now
                    for _ in 0..<runs { body() }
                    let end = ContinuousClock.now
                    spans.withLock { $0[round].append(start...end) }
                }
                done.signal()
            }
            work.stackSize = 8 << 20
            work.start()
        }
        for _ in 0..<count { done.wait() }
        let perRound = Double(runs.withLock { $0 })
        return Samples(
            spans.withLock { $0 }.map { round in
                let start = round.map(\.lowerBound).min() ?? .now, end = round.map(\.upperBound).max() ?? .now
                return (end - start).seconds / perRound
            })
    }
}

/// Lets all threads go on when the last has come.
private final class Gate: @unchecked Sendable {
    private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

    init(_ count: Int) { pthread_barrier_init(barrier, nil, UInt32(count)) }

    deinit {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
    }

    func wait() { pthread_barrier_wait(barrier) }
}

/// How many threads OpenMP, which oneDNN computes with, takes in the calling thread.
private func setLibraryThreads(_ count: Int) {
    typealias Setter = @convention(c) (Int32) -> Void
    guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "omp_set_num_threads") else { return }
    unsafeBitCast(symbol, to: Setter.self)(Int32(count))
}
