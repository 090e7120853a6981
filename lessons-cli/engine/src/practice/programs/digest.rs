//! Programs that show bytes in another way: `md5sum`, `sha256sum`, `base64`, `od`, `xxd`.

use sha2::{Digest as _, Sha256};

use super::Program;
use super::options::Spec;
use super::text::{input, inputs};
use crate::practice::process::{Call, Exit};

pub(super) const PROGRAMS: &[Program] = &[
    Program::base("base64", base64),
    Program::base("md5sum", sums),
    Program::base("od", od),
    Program::base("sha256sum", sums),
    Program::base("xxd", xxd),
];

/// `md5sum` and `sha256sum`.
fn sums(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "cbtw",
        &[
            ("check", 'c'),
            ("binary", 'b'),
            ("text", 't'),
            ("quiet", 'q'),
            ("status", 's'),
            ("ignore-missing", 'm'),
            ("warn", 'w'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let name = call.name();
    let digest = if name == "md5sum" { md5 } else { sha256 };
    let files = if options.words.is_empty() {
        vec!["-".to_owned()]
    } else {
        options.words.clone()
    };
    let mut exit = 0;
    if !options.has('c') {
        for file in files {
            let Some(sum) = summed(call, &file, digest) else {
                exit = 1;
                continue;
            };
            let mark = if options.has('b') { '*' } else { ' ' };
            call.line(format!("{sum} {mark}{file}"));
        }
        return exit;
    }
    let (bytes, good) = inputs(call, &options.words);
    if !good {
        exit = 1;
    }
    let (mut failed, mut unread, mut read, mut wrong) = (0, 0, 0, 0);
    for line in String::from_utf8_lossy(&bytes).lines() {
        let Some((sum, file)) = line.split_once(' ') else {
            wrong += 1;
            continue;
        };
        let file = file.strip_prefix([' ', '*']).unwrap_or(file);
        if sum.len() != digest(b"").len() || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            wrong += 1;
            continue;
        }
        read += 1;
        if options.has('m') && call.files().get(file).is_err() {
            continue;
        }
        let verdict = match summed(call, file, digest) {
            None => {
                unread += 1;
                "FAILED open or read"
            }
            Some(found) if found.eq_ignore_ascii_case(sum) => {
                if options.has('q') {
                    continue;
                }
                "OK"
            }
            Some(_) => {
                failed += 1;
                "FAILED"
            }
        };
        if !options.has('s') && !call.line(format!("{file}: {verdict}")) {
            break;
        }
    }
    if read == 0 {
        let shown = &files[0];
        call.error(format!(
            "{name}: {shown}: no properly formatted checksum lines found"
        ));
        return 1;
    }
    if !options.has('s') {
        let lines = |count: usize, one: &str, many: &str| {
            let what = if count == 1 { one } else { many };
            format!("{name}: WARNING: {count} {what}")
        };
        if wrong > 0 {
            call.error(lines(
                wrong,
                "line is improperly formatted",
                "lines are improperly formatted",
            ));
        }
        if unread > 0 {
            call.error(lines(
                unread,
                "listed file could not be read",
                "listed files could not be read",
            ));
        }
        if failed > 0 {
            call.error(lines(
                failed,
                "computed checksum did NOT match",
                "computed checksums did NOT match",
            ));
        }
    }
    if failed + unread > 0 { 1 } else { exit }
}

fn summed(call: &mut Call<'_>, file: &str, digest: fn(&[u8]) -> String) -> Option<String> {
    if call
        .files()
        .get(file)
        .is_ok_and(crate::practice::Node::is_dir)
        && file != "-"
    {
        let name = call.name();
        call.error(format!("{name}: {file}: Is a directory"));
        return None;
    }
    let bytes = input(call, file)?;
    // About ten nanoseconds a byte without optimisation.
    call.system
        .spend(bytes.len() as u64 / 32 + 20)
        .then(|| digest(&bytes))
}

/// The blocks of 64 bytes that the sum works on, with the length at the end.
fn padded(bytes: &[u8], length: [u8; 8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    all.push(0x80);
    all.resize(all.len().next_multiple_of(64), 0);
    if bytes.len() % 64 > 55 {
        all.resize(all.len() + 64, 0);
    }
    let end = all.len() - 8;
    all[end..].copy_from_slice(&length);
    all
}

fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes
        .into_iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// MD5 (RFC 1321, <https://www.rfc-editor.org/rfc/rfc1321>).
fn md5(bytes: &[u8]) -> String {
    const TURNS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let length = (bytes.len() as u64).wrapping_mul(8).to_le_bytes();
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the constants are the first 32 bits of sines"
    )]
    let sines: [u32; 64] = std::array::from_fn(|at| {
        ((f64::from(u8::try_from(at + 1).unwrap_or(0))).sin().abs() * 4_294_967_296.0) as u32
    });
    for block in padded(bytes, length).chunks_exact(64) {
        let words: Vec<u32> = block
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        let [mut a, mut b, mut c, mut d] = state;
        for round in 0..64 {
            let (mixed, word) = match round / 16 {
                0 => ((b & c) | (!b & d), round),
                1 => ((d & b) | (!d & c), (5 * round + 1) % 16),
                2 => (b ^ c ^ d, (3 * round + 5) % 16),
                _ => (c ^ (b | !d), (7 * round) % 16),
            };
            let turned = a
                .wrapping_add(mixed)
                .wrapping_add(sines[round])
                .wrapping_add(words[word])
                .rotate_left(TURNS[round / 16][round % 4]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (sum, new) in state.iter_mut().zip([a, b, c, d]) {
            *sum = sum.wrapping_add(new);
        }
    }
    hex(state.into_iter().flat_map(u32::to_le_bytes))
}

fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "dDiw:",
        &[("decode", 'd'), ("ignore-garbage", 'i'), ("wrap=", 'w')],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    if let Some(extra) = options.words.get(1) {
        call.error(format!(
            "base64: extra operand ‘{extra}’\nTry 'base64 --help' for more information."
        ));
        return 1;
    }
    let width = options.value('w').unwrap_or("76");
    let Ok(width) = width.parse::<usize>() else {
        call.error(format!("base64: invalid wrap size: ‘{width}’"));
        return 1;
    };
    let file = options.words.first().map_or("-", String::as_str).to_owned();
    let Some(bytes) = input(call, &file) else {
        return 1;
    };
    if !call.system.spend(bytes.len() as u64 / 64 + 1) {
        return 130;
    }
    if !(options.has('d') || options.has('D')) {
        let mut text = Vec::with_capacity(bytes.len() * 4 / 3 + 4);
        for group in bytes.chunks(3) {
            let wide = group
                .iter()
                .chain([0, 0].iter())
                .take(3)
                .fold(0_usize, |wide, byte| (wide << 8) | usize::from(*byte));
            for at in 0..4 {
                text.push(if at <= group.len() {
                    LETTERS[(wide >> (18 - 6 * at)) & 63]
                } else {
                    b'='
                });
            }
        }
        if width == 0 {
            call.print(text);
        } else {
            for line in text.chunks(width) {
                if !call.line(String::from_utf8_lossy(line)) {
                    break;
                }
            }
        }
        return 0;
    }
    let (mut out, mut wide, mut count, mut ended) = (Vec::new(), 0_u32, 0, 0);
    let mut good = true;
    for byte in bytes {
        let value = LETTERS.iter().position(|letter| *letter == byte);
        match (byte, value) {
            (b'\n', _) => {}
            (b'=', _) if count + ended >= 2 => ended += 1,
            (_, Some(value)) if ended == 0 => {
                wide = (wide << 6) | u32::try_from(value).unwrap_or(0);
                count += 1;
                if count == 4 {
                    out.extend(&wide.to_be_bytes()[1..]);
                    (wide, count) = (0, 0);
                }
            }
            _ if options.has('i') => {}
            _ => {
                good = false;
                break;
            }
        }
    }
    match count {
        2 => out.push(wide.wrapping_shl(12).to_be_bytes()[1]),
        3 => out.extend(&wide.wrapping_shl(6).to_be_bytes()[1..3]),
        _ => {}
    }
    good &= if count == 0 {
        ended == 0
    } else {
        count + ended == 4
    };
    call.print(out);
    if good {
        return 0;
    }
    call.error("base64: invalid input");
    1
}

fn od(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::new(
        "A:t:j:N:w:cxbdov",
        &[
            ("address-radix=", 'A'),
            ("format=", 't'),
            ("skip-bytes=", 'j'),
            ("read-bytes=", 'N'),
        ],
    );
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let kind = match (options.last_of("cxbdot"), options.value('t')) {
        (Some('t'), Some(kind)) => kind.to_owned(),
        (Some('c'), _) => "c".to_owned(),
        (Some('x'), _) => "x2".to_owned(),
        (Some('b'), _) => "o1".to_owned(),
        (Some('d'), _) => "u2".to_owned(),
        _ => "o2".to_owned(),
    };
    let mut letters = kind.chars();
    let letter = letters.next().unwrap_or('o');
    let size: usize = match letters.as_str() {
        "1" | "C" => 1,
        "2" | "S" => 2,
        "4" | "I" => 4,
        "8" | "L" => 8,
        "" | "z" if matches!(letter, 'c' | 'a') => 1,
        "" => 4,
        _ => 0,
    };
    if size == 0 || !"cxodu".contains(letter) {
        call.error(format!("od: invalid type string ‘{kind}’"));
        return 1;
    }
    let number = |letter| {
        options
            .value(letter)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let (bytes, good) = inputs(call, &options.words);
    let skip = number('j').unwrap_or(0).min(bytes.len());
    let bytes = &bytes[skip..];
    let bytes = &bytes[..number('N').unwrap_or(bytes.len()).min(bytes.len())];
    let address = |at: usize| match options.value('A') {
        Some("n") => String::new(),
        Some("x") => format!("{:06x}", at + skip),
        Some("d") => format!("{:07}", at + skip),
        _ => format!("{:07o}", at + skip),
    };
    let mut before: Option<&[u8]> = None;
    let mut starred = false;
    for (row, chunk) in bytes.chunks(16).enumerate() {
        if before == Some(chunk) && !options.has('v') && chunk.len() == 16 {
            if !starred && !call.line("*") {
                return 0;
            }
            starred = true;
            continue;
        }
        (before, starred) = (Some(chunk), false);
        let mut line = address(row * 16);
        for word in chunk.chunks(size) {
            let mut wide = [0_u8; 8];
            wide[..word.len()].copy_from_slice(word);
            let value = u64::from_le_bytes(wide);
            line.push_str(&match letter {
                'c' => format!(" {:>3}", shown_byte(word[0])),
                'x' => format!(" {value:0width$x}", width = size * 2),
                'o' => format!(" {value:0width$o}", width = (size * 8).div_ceil(3)),
                'u' => format!(
                    " {value:>width$}",
                    width = [3, 5, 10, 20][size.ilog2() as usize]
                ),
                _ => {
                    let shift = 64 - 8 * size;
                    let signed = (value << shift).cast_signed() >> shift;
                    format!(
                        " {signed:>width$}",
                        width = [4, 6, 11, 20][size.ilog2() as usize]
                    )
                }
            });
        }
        if !call.line(line) {
            return 0;
        }
    }
    if options.value('A') != Some("n") {
        call.line(address(bytes.len()));
    }
    Exit::from(!good)
}

/// A byte as `od -c` shows it.
fn shown_byte(byte: u8) -> String {
    match byte {
        0 => "\\0".to_owned(),
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\n' => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        b'\r' => "\\r".to_owned(),
        32..=126 => char::from(byte).to_string(),
        byte => format!("{byte:03o}"),
    }
}

fn xxd(call: &mut Call<'_>) -> Exit {
    const SPEC: Spec = Spec::short("prul:s:c:g:");
    let Some(options) = SPEC.read(call) else {
        return 1;
    };
    let number = |letter| {
        options
            .value(letter)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let file = options.words.first().map_or("-", String::as_str).to_owned();
    let Some(bytes) = input(call, &file) else {
        return 2;
    };
    if options.has('r') {
        let mut digits = Vec::new();
        for line in String::from_utf8_lossy(&bytes).lines() {
            let body = if options.has('p') {
                line
            } else {
                let after = line.split_once(": ").map_or("", |(_, after)| after);
                after.split("  ").next().unwrap_or_default()
            };
            digits.extend(body.chars().filter_map(|c| c.to_digit(16)));
        }
        let out: Vec<u8> = digits
            .chunks_exact(2)
            .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap_or(0))
            .collect();
        call.print(out);
        return 0;
    }
    let skip = number('s').unwrap_or(0).min(bytes.len());
    let bytes = &bytes[skip..];
    let bytes = &bytes[..number('l').unwrap_or(bytes.len()).min(bytes.len())];
    let shown = |byte: &u8| {
        if options.has('u') {
            format!("{byte:02X}")
        } else {
            format!("{byte:02x}")
        }
    };
    let usual = if options.has('p') { 30 } else { 16 };
    let columns = number('c').unwrap_or(usual).clamp(1, 256);
    let group = number('g').unwrap_or(2).min(columns);
    let spaced = |count: usize| 2 * count + count.div_ceil(group.max(1)).saturating_sub(1);
    let width = if group == 0 {
        2 * columns
    } else {
        spaced(columns)
    };
    for (row, chunk) in bytes.chunks(columns).enumerate() {
        let line = if options.has('p') {
            chunk.iter().map(shown).collect()
        } else {
            let mut hex = String::new();
            for (at, byte) in chunk.iter().enumerate() {
                if at > 0 && group > 0 && at % group == 0 {
                    hex.push(' ');
                }
                hex.push_str(&shown(byte));
            }
            let text: String = chunk
                .iter()
                .map(|byte| {
                    if (32..127).contains(byte) {
                        char::from(*byte)
                    } else {
                        '.'
                    }
                })
                .collect();
            format!("{:08x}: {hex:<width$}  {text}", row * columns + skip)
        };
        if !call.line(line) {
            break;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        // The test suites of RFC 1321 and RFC 6234.
        assert_eq!(md5(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(
            md5("1234567890".repeat(8).as_bytes()),
            "57edf4a22be3c955ac49da2e2107b67a"
        );
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            sha256(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
    }
}
