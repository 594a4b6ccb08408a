// Energy that the processors have taken, where the system tells it (Linux's powercap).

package import Foundation

/// Counts the energy of all processor packages from its making on.
package final class PackageEnergy {
    /// One package's counter, which begins anew at its end.
    private struct Zone {
        let counter: URL
        let range: UInt64
        var last: UInt64
    }

    /// A counter that runs at a hundred watts comes to its end in less than an hour: it is looked at more often than that.
    private static let interval = Duration.seconds(60)

    private var zones: [Zone]
    private var microjoules: UInt64 = 0
    private var lastLook = ContinuousClock.now

    /// - Parameter folder: where the system lists its counters.
    package init(_ folder: URL = URL(fileURLWithPath: "/sys/class/powercap")) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        // Of a package, not of one of its parts, which it counts already: intel-rapl:0, not intel-rapl:0:1. AMD's have the same name.
        let packages = names.filter { name in
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0] == "intel-rapl" && Int(parts[1]) != nil
        }
        zones = packages.sorted().compactMap { name in
            let zone = folder.appendingPathComponent(name), counter = zone.appendingPathComponent("energy_uj")
            guard let last = Self.number(counter),
                let range = Self.number(zone.appendingPathComponent("max_energy_range_uj")), range > 0
            else { return nil }
            return Zone(counter: counter, range: range, last: last)
        }
        // What of the machine is not told would be missing from every sum.
        if zones.count < packages.count { zones = [] }
    }

    /// Joules so far; nil where the machine tells none, or not to this user.
    package var joules: Double? {
        look()
        return zones.isEmpty ? nil : Double(microjoules) / 1_000_000
    }

    /// Looks at the counters where that was long ago.
    func keepUp() { if ContinuousClock.now - lastLook > Self.interval { look() } }

    private func look() {
        lastLook = .now
        for index in zones.indices {
            guard let now = Self.number(zones[index].counter) else {
                zones = []
                return
            }
            let last = zones[index].last
            microjoules += now >= last ? now - last : now + (zones[index].range - min(last, zones[index].range))
            zones[index].last = now
        }
    }

    private static func number(_ file: URL) -> UInt64? {
        (try? String(contentsOf: file, encoding: .utf8)).flatMap {
            UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
