//! Screenshots: decoded and encoded anew, so that what we serve holds pixels and nothing else.
//! No metadata, no place of the camera, no second file hidden behind the first.

use std::io::Cursor;

use ::image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

#[cfg(test)]
mod tests;

/// How many bytes an upload may have.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The longest side, in pixels.
pub const MAX_SIDE: u32 = 4096;
/// The most pixels in all.
pub const MAX_PIXELS: u64 = 10_000_000;
/// How many bytes a picture may have after it was encoded anew.
pub const MAX_ENCODED_BYTES: usize = 8 * 1024 * 1024;
const JPEG_QUALITY: u8 = 90;

/// A picture that we encoded ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screenshot {
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The whole file.
    pub bytes: Vec<u8>,
}

/// Why a picture is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImageProblem {
    /// The upload is too large.
    #[error("the picture has {bytes} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Neither PNG nor JPEG nor WebP, told by its first bytes.
    #[error("the file is not a PNG, JPEG or WebP picture")]
    Format,
    /// Too many pixels.
    #[error("the picture is {width} by {height} pixels")]
    TooManyPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Cut short, damaged or made to harm.
    #[error("the picture cannot be read")]
    Damaged(#[source] ::image::ImageError),
    /// Fine details make it too large once it is encoded anew.
    #[error("the picture is too detailed to be kept")]
    TooDetailed,
}

impl ImageProblem {
    /// What the sender does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "save it smaller or as JPEG; at most 2 MB",
            Self::Format => "save it as PNG, JPEG or WebP",
            Self::TooManyPixels { .. } => {
                "scale it down; at most 4096 pixels a side and 10 million in all"
            }
            Self::Damaged(_) => "open it, save it again and upload the new file",
            Self::TooDetailed => "scale it down or save it as JPEG",
        }
    }
}

/// Reads `bytes` (PNG, JPEG or WebP) and encodes the pixels anew, turned upright. Of an animation the first picture.
/// Takes up to about a second of CPU: not for an async thread.
pub fn screenshot(bytes: &[u8]) -> Result<Screenshot, ImageProblem> {
    if bytes.len() > MAX_BYTES {
        return Err(ImageProblem::TooLarge { bytes: bytes.len() });
    }
    let format = ::image::guess_format(bytes).map_err(|_| ImageProblem::Format)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(ImageProblem::Format);
    }
    let picture = decode(bytes, format)?;
    let (width, height) = (picture.width(), picture.height());
    let opaque = !picture.color().has_alpha();
    let (media_type, bytes) = if format != ImageFormat::Png && opaque {
        ("image/jpeg", encode_jpeg(picture)?)
    } else {
        ("image/png", encode_png(picture)?)
    };
    if bytes.len() > MAX_ENCODED_BYTES {
        return Err(ImageProblem::TooDetailed);
    }
    Ok(Screenshot { media_type, width, height, bytes })
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageProblem> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(ImageProblem::Damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(ImageProblem::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation().map_err(ImageProblem::Damaged)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(ImageProblem::Damaged)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn encode_jpeg(picture: DynamicImage) -> Result<Vec<u8>, ImageProblem> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    picture.to_rgb8().write_with_encoder(encoder).map_err(ImageProblem::Damaged)?;
    Ok(bytes)
}

fn encode_png(picture: DynamicImage) -> Result<Vec<u8>, ImageProblem> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    let written = match picture.color().has_alpha() {
        true => picture.to_rgba8().write_with_encoder(encoder),
        false => picture.to_rgb8().write_with_encoder(encoder),
    };
    written.map_err(ImageProblem::Damaged)?;
    Ok(bytes)
}
