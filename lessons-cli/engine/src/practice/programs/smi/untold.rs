//! The fields of `--query-gpu` that there are, and that no recording tells.
//!
//! The names are those of `nvidia-smi --help-query-gpu` of driver 535.129.03; the headings those of its answers, as
//! `nvidia_gpu_exporter` lists them: the whole name of a field, with its unit.

/// The heading of a field: `clocks.current.sm [MHz]` for `clocks.sm`. None for a name that is no field.
pub(super) fn heading(name: &str) -> Option<String> {
    let whole = whole(name);
    let (group, rest) = whole.split_once('.').unwrap_or((&whole, ""));
    let is_one = match group {
        "clocks_event_reasons" | "clocks_throttle_reasons" => REASONS.contains(&rest),
        "clocks" => CLOCKS.contains(&rest),
        "ecc" => is_count_of_errors(rest),
        _ => OTHERS.contains(&whole.as_str()),
    };
    let unit = match group {
        "clocks" => " [MHz]",
        "utilization" => " [%]",
        "memory" | "protected_memory" => " [MiB]",
        "power" if rest != "management" => " [W]",
        _ => "",
    };
    is_one.then(|| format!("{whole}{unit}"))
}

/// A field's whole name.
pub(super) fn whole(name: &str) -> String {
    if let Some((_, whole)) = SHORT.iter().find(|(short, _)| *short == name) {
        return (*whole).to_owned();
    }
    let Some(clock) = name.strip_prefix("clocks.") else {
        return name.to_owned();
    };
    let clock = match clock.rsplit_once('.') {
        Some((kind, which)) => format!("{kind}.{}", clock_of(which)),
        None => format!("current.{}", clock_of(clock)),
    };
    format!("clocks.{clock}")
}

fn clock_of(which: &str) -> &str {
    match which {
        "gr" => "graphics",
        "mem" => "memory",
        whole => whole,
    }
}

fn is_count_of_errors(name: &str) -> bool {
    let Some(name) = name.strip_prefix("errors.") else {
        return false;
    };
    let parts: Vec<&str> = name.split('.').collect();
    matches!(
        parts[..],
        [
            "corrected" | "uncorrected",
            "volatile" | "aggregate",
            "device_memory"
                | "dram"
                | "register_file"
                | "l1_cache"
                | "l2_cache"
                | "texture_memory"
                | "cbu"
                | "sram"
                | "total"
        ]
    )
}

/// Names that stand for others.
const SHORT: [(&str, &str); 10] = [
    ("gpu_name", "name"),
    ("gpu_serial", "serial"),
    ("gpu_uuid", "uuid"),
    ("gpu_bus_id", "pci.bus_id"),
    ("inforom.image", "inforom.img"),
    ("inforom.power", "inforom.pwr"),
    ("gpu_operation_mode.current", "gom.current"),
    ("gpu_operation_mode.pending", "gom.pending"),
    ("retired_pages.sbe", "retired_pages.single_bit_ecc.count"),
    ("retired_pages.dbe", "retired_pages.double_bit.count"),
];

const CLOCKS: [&str; 11] = [
    "current.graphics",
    "current.sm",
    "current.memory",
    "current.video",
    "applications.graphics",
    "applications.memory",
    "default_applications.graphics",
    "default_applications.memory",
    "max.graphics",
    "max.sm",
    "max.memory",
];

const REASONS: [&str; 10] = [
    "supported",
    "active",
    "gpu_idle",
    "applications_clocks_setting",
    "sw_power_cap",
    "hw_slowdown",
    "hw_thermal_slowdown",
    "hw_power_brake_slowdown",
    "sw_thermal_slowdown",
    "sync_boost",
];

const OTHERS: [&str; 54] = [
    "pci.domain",
    "pci.bus",
    "pci.device",
    "pci.device_id",
    "pci.sub_device_id",
    "pcie.link.gen.current",
    "pcie.link.gen.gpucurrent",
    "pcie.link.gen.max",
    "pcie.link.gen.gpumax",
    "pcie.link.gen.hostmax",
    "pcie.link.width.current",
    "pcie.link.width.max",
    "display_mode",
    "addressing_mode",
    "accounting.mode",
    "accounting.buffer_size",
    "driver_model.current",
    "driver_model.pending",
    "vbios_version",
    "inforom.img",
    "inforom.oem",
    "inforom.ecc",
    "inforom.pwr",
    "reset_status.reset_required",
    "reset_status.drain_and_reset_recommended",
    "gom.current",
    "gom.pending",
    "memory.reserved",
    "utilization.memory",
    "utilization.encoder",
    "utilization.decoder",
    "utilization.jpeg",
    "utilization.ofa",
    "encoder.stats.sessionCount",
    "encoder.stats.averageFps",
    "encoder.stats.averageLatency",
    "retired_pages.single_bit_ecc.count",
    "retired_pages.double_bit.count",
    "retired_pages.pending",
    "temperature.gpu.tlimit",
    "temperature.memory",
    "power.management",
    "power.draw.average",
    "power.draw.instant",
    "power.default_limit",
    "power.min_limit",
    "power.max_limit",
    "gsp.mode.current",
    "gsp.mode.default",
    "protected_memory.total",
    "protected_memory.used",
    "protected_memory.free",
    "fabric.state",
    "fabric.status",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_its_whole_name_and_its_unit() {
        for (name, heading) in [
            ("clocks.sm", "clocks.current.sm [MHz]"),
            ("clocks.mem", "clocks.current.memory [MHz]"),
            ("clocks.max.gr", "clocks.max.graphics [MHz]"),
            ("utilization.memory", "utilization.memory [%]"),
            ("memory.reserved", "memory.reserved [MiB]"),
            ("pcie.link.gen.max", "pcie.link.gen.max"),
            ("power.max_limit", "power.max_limit [W]"),
            ("power.management", "power.management"),
            ("clocks_event_reasons.active", "clocks_event_reasons.active"),
            (
                "ecc.errors.corrected.volatile.dram",
                "ecc.errors.corrected.volatile.dram",
            ),
        ] {
            assert_eq!(super::heading(name).as_deref(), Some(heading), "{name}");
        }
        for name in [
            "colour",
            "clocks",
            "clocks.",
            "clocks.max.colour",
            "ecc.errors",
            "pcie.",
            "",
        ] {
            assert_eq!(heading(name), None, "{name}");
        }
        assert_eq!(whole("gpu_name"), "name");
    }
}
