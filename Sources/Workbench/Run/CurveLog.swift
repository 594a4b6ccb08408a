// The curves that TensorBoard shows, as a listener of the run.

internal import Foundation
internal import Training

/// Appends what happens in training to the curves. A curve that cannot be written stops no run: the checkpoints are what counts.
final class CurveLog: RunObserver {
    private let board: TensorBoardLog
    /// Told once that points are missing.
    private let observer: any RunObserver
    private var misses = false

    /// - Parameter step: the last step that an earlier part of the run has done.
    init(_ directory: RunDirectory, afterStep step: Int, observer: any RunObserver) throws {
        board = try TensorBoardLog(
            in: directory.tensorBoard, continuingAfterStep: step, wallSeconds: Date().timeIntervalSince1970)
        self.observer = observer
    }

    func receive(_ event: RunEvent) {
        guard case .training(let event) = event else { return }
        do { try board.append(event, wallSeconds: Date().timeIntervalSince1970) } catch {
            if !misses { observer.receive(.warning("the curves for TensorBoard miss points: \(error)")) }
            misses = true
        }
    }

    /// Has all points by now guarded by the manifest of the curves.
    func close() {
        do { try board.close() } catch {
            observer.receive(.warning("nothing guards the points of the curves for TensorBoard: \(error)"))
        }
    }
}
