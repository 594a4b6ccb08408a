// Tunes a model on a few rows, shows what that changed, and merges. Run: swift run tune MODEL TRAIN HELD_OUT

import Foundation
import Lathe

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 3, let path = arguments.first else {
    print("usage: tune MODEL TRAIN HELD_OUT")
    exit(64)
}
let (rows, heldOut) = (Array(arguments)[1], Array(arguments)[2])

/// Says how far the work is.
func tell(_ event: WorkEvent) {
    switch event {
    case .stage(let name): print("── \(name)")
    case .step(let step, let total, let loss) where step % 10 == 0 || step == total:
        print("   step \(step) of \(total), loss \(String(format: "%.3f", loss))")
    case .warning(let text): print("   warning: \(text)")
    default: break
    }
}

do {
    // 1. Open a model and train an adapter. The run keeps everything in checkpoints/example.
    let base = try Model(path)
    let trained = try base.train(
        "example", on: [rows], heldOut: [heldOut],
        settings: [
            "adapter.r": 8, "adapter.alpha": 16, "train.max_steps": 40, "train.batch_size": 4,
            "train.learning_rate": 1e-2,
        ], onEvent: tell)
    print("trained \(trained.steps) steps: \(trained.adapter)")

    // 2. Attach it and compare it with the base, on rows that it never saw.
    let tuned = try base.attaching(trained.adapter)
    let evaluation = try tuned.evaluate(on: heldOut)
    let verdict = evaluation.verdict?.rawValue ?? "no verdict"
    print("loss \(evaluation.base.loss) → \(evaluation.adapter?.loss ?? .nan): \(verdict)")

    // 3. Ask both.
    let sampling = Sampling(maxNewTokens: 16)
    print("base:   ", try base.generate("Tom saw a ball.", sampling: sampling).text)
    print("adapter:", try tuned.generate("Tom saw a ball.", sampling: sampling).text)

    // 4. Make one model of base and adapter.
    let merged = try tuned.merge(into: "example-merged")
    print("merged \(merged.appliedTensors) tensors into \(merged.path)")
} catch {
    print(error)
    exit(error.kind.rawValue)
}
