#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use super::{ImageProblem, MAX_BYTES, screenshot};

fn picture(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |x, y| {
        Rgba([(x * 7) as u8, (y * 5) as u8, 200, 255])
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn pixels_survive_in_each_format() {
    let drawn = picture(40, 30);
    let opaque = DynamicImage::ImageRgb8(drawn.to_rgb8());
    for (bytes, media_type) in [
        (encoded(&drawn, ImageFormat::Png), "image/png"),
        (encoded(&opaque, ImageFormat::Jpeg), "image/jpeg"),
        (encoded(&drawn, ImageFormat::WebP), "image/png"),
        (encoded(&opaque, ImageFormat::WebP), "image/jpeg"),
    ] {
        let shot = screenshot(&bytes).unwrap();
        assert_eq!((shot.media_type, shot.width, shot.height), (media_type, 40, 30));
        let again = ::image::load_from_memory(&shot.bytes).unwrap().to_rgb8();
        let (is, was) = (again.get_pixel(20, 15).0, opaque.to_rgb8().get_pixel(20, 15).0);
        assert!(is.iter().zip(was).all(|(is, was)| is.abs_diff(was) < 16), "{is:?} {was:?}");
    }
}

/// A text chunk, with its checksum, put after the header of a PNG.
fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checked = kind.to_vec();
    checked.extend(data);
    let crc = !checked.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    });
    let header = 8 + 25;
    let length = (data.len() as u32).to_be_bytes();
    [&png[..header], &length, &checked, &crc.to_be_bytes(), &png[header..]].concat()
}

#[test]
fn notes_places_and_second_files_are_left_behind() {
    let png = encoded(&picture(20, 20), ImageFormat::Png);
    let noted = with_chunk(&png, b"tEXt", b"Comment\0<script>alert(1)</script>");
    let polyglot = [&noted[..], b"PK\x03\x04<?php system('id') ?>"].concat();
    let shot = screenshot(&polyglot).unwrap();
    assert!(
        !has(&shot.bytes, b"script") && !has(&shot.bytes, b"php") && !has(&shot.bytes, b"tEXt")
    );
    assert_eq!(shot, screenshot(&png).unwrap());

    let jpeg = encoded(&DynamicImage::ImageRgb8(picture(20, 20).to_rgb8()), ImageFormat::Jpeg);
    let shot = screenshot(&[&jpeg[..2], &exif(1), &jpeg[2..], b"<html>"].concat()).unwrap();
    assert!(!has(&shot.bytes, b"Exif") && !has(&shot.bytes, b"html"));
}

/// An EXIF segment with nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let tiff = [
        b"MM\0\x2a\0\0\0\x08\0\x01".as_slice(),
        &[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
        &[0, 0, 0, 0],
    ]
    .concat();
    let length = (2 + 6 + tiff.len()) as u16;
    [b"\xff\xe1".as_slice(), &length.to_be_bytes(), b"Exif\0\0", &tiff].concat()
}

#[test]
fn a_turned_photo_is_turned_upright() {
    let jpeg = encoded(&DynamicImage::ImageRgb8(picture(32, 16).to_rgb8()), ImageFormat::Jpeg);
    let turned = [&jpeg[..2], &exif(6), &jpeg[2..]].concat();
    let shot = screenshot(&turned).unwrap();
    assert_eq!((shot.width, shot.height), (16, 32));
    let straight = screenshot(&jpeg).unwrap();
    assert_eq!((straight.width, straight.height), (32, 16));
}

#[test]
fn what_is_no_picture_is_refused_by_its_content() {
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    for bytes in [gif.as_slice(), svg, b"", b"<html>", b"BM", b"RIFF1234WAVE"] {
        assert!(matches!(screenshot(bytes), Err(ImageProblem::Format)));
    }
    assert!(matches!(
        screenshot(&vec![0; MAX_BYTES + 1]),
        Err(ImageProblem::TooLarge { bytes }) if bytes == MAX_BYTES + 1
    ));
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let bytes = encoded(&DynamicImage::ImageRgb8(picture(24, 24).to_rgb8()), format);
        assert!(screenshot(&bytes).is_ok());
        for length in 0..bytes.len() {
            let _ = screenshot(&bytes[..length]);
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            let _ = screenshot(&damaged);
        }
    }
}

#[test]
fn a_small_file_of_many_pixels_is_refused_before_it_is_decoded() {
    let mut png = encoded(&picture(1, 1), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let header: [u8; 17] = png[12..29].try_into().unwrap();
    let rebuilt = with_chunk(&png, b"IHDR", &header[4..]);
    // the header with a right checksum in the place of the old one
    let bomb = [&rebuilt[..8], &rebuilt[33..]].concat();
    let refused = screenshot(&bomb).unwrap_err();
    assert!(
        matches!(refused, ImageProblem::TooManyPixels { width: 65_536, height: 65_536 }),
        "{refused:?}"
    );
}
