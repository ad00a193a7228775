//! What the text of a group is for, and which character sets there are.

use encoding_rs::{self as sets, Encoding};

/// What the text of a group is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Destination {
    #[default]
    Body,
    Skip,
    Fonts,
    /// The table of styles, between its styles.
    Styles,
    /// The name of a style.
    Style(i32),
    /// A field of the metadata.
    Info(&'static str),
    /// A date of the metadata: year, month, day, hour, minute.
    Date(&'static str, [i32; 5]),
    /// What a field does.
    Instruction,
    /// What stands before an item of a list.
    Marker,
    Picture,
    /// A tag of the page that a mail program packed.
    PageTag,
}

/// The encoding of a Windows code page.
pub(in crate::format) fn codepage(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        437 | 850 | 858 | 1252 => sets::WINDOWS_1252,
        866 => sets::IBM866,
        874 => sets::WINDOWS_874,
        932 => sets::SHIFT_JIS,
        936 => sets::GBK,
        949 => sets::EUC_KR,
        950 => sets::BIG5,
        1250 => sets::WINDOWS_1250,
        1251 => sets::WINDOWS_1251,
        1253 => sets::WINDOWS_1253,
        1254 => sets::WINDOWS_1254,
        1255 => sets::WINDOWS_1255,
        1256 => sets::WINDOWS_1256,
        1257 => sets::WINDOWS_1257,
        1258 => sets::WINDOWS_1258,
        10000 => sets::MACINTOSH,
        54936 => sets::GB18030,
        65001 => sets::UTF_8,
        _ => return None,
    })
}

/// The encoding of a font's character set.
pub(super) fn charset(number: i32) -> Option<&'static Encoding> {
    codepage(match number {
        0 => 1252,
        77 => 10000,
        128 => 932,
        129 | 130 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178..=180 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
