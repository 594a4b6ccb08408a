// Energy of the processors, from counters that begin anew at their end.

import Foundation
import TestSupport
import Testing
import Workbench

@Suite struct PackageEnergyTests {
    private func set(_ zone: String, _ microjoules: Int, in folder: URL) throws {
        let place = folder.appendingPathComponent(zone)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try "\(microjoules)\n".write(
            to: place.appendingPathComponent("energy_uj"), atomically: true, encoding: .utf8)
        try "10000000\n".write(
            to: place.appendingPathComponent("max_energy_range_uj"), atomically: true, encoding: .utf8)
    }

    @Test func packagesAreCountedOnceAndPastTheEndOfTheirCounters() throws {
        try withTemporaryDirectory { folder in
            for (zone, energy) in [("intel-rapl:0", 9_000_000), ("intel-rapl:1", 0), ("intel-rapl:0:0", 5)] {
                try set(zone, energy, in: folder)
            }
            try set("intel-rapl-mmio:0", 7, in: folder)
            let energy = PackageEnergy(folder)
            #expect(energy.joules == 0)
            try set("intel-rapl:0", 500_000, in: folder)
            try set("intel-rapl:1", 2_000_000, in: folder)
            try set("intel-rapl:0:0", 9_999_999, in: folder)
            try set("intel-rapl-mmio:0", 9_999_999, in: folder)
            #expect(energy.joules == 3.5)
        }
    }

    /// A sum that lacks a package would be too small: then nothing is said.
    @Test func whatIsNotToldWholeIsNotTold() throws {
        try withTemporaryDirectory { folder in
            #expect(PackageEnergy(folder).joules == nil)
            #expect(PackageEnergy(folder.appendingPathComponent("missing")).joules == nil)
            try set("intel-rapl:0", 1, in: folder)
            try set("intel-rapl:1", 1, in: folder)
            let energy = PackageEnergy(folder)
            #expect(energy.joules == 0)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("intel-rapl:1/energy_uj"))
            #expect(energy.joules == nil)
            #expect(PackageEnergy(folder).joules == nil)
        }
    }
}
