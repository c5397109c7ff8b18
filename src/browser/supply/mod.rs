//! Drivers that the program brings by itself: which one fits the browser, where it comes from, how
//! it is checked, where it is kept.
//!
//! Lives here: the lists and addresses of drivers, a download over a line that
//! breaks, the archive's one program, the folder of drivers. Never here: when it is done. A driver
//! is a program that will hold passwords: it comes over HTTPS (or from a machine of the same house),
//! and what the server tells of it is compared before it is unpacked and run.

mod archive;
mod download;
mod list;
mod shelf;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::version::{Version, said_by};

pub use list::Family;
use list::{Pick, edge_addresses, pick, zip_address};
pub use shelf::Shelf;

/// The list of all drivers, of either source's layout.
const LIST: &str = "known-good-versions-with-downloads.json";
/// Where that list lies, as its makers publish it.
const PUBLIC_LIST: &str = "https://googlechromelabs.github.io/chrome-for-testing";
/// Where Edge's drivers lie, as its makers publish them.
const PUBLIC_EDGE: &str = "https://msedgedriver.microsoft.com";
/// So large is the list at most.
const LIST_MAX: u64 = 64 * 1024 * 1024;
/// A driver's archive has ten to twenty megabytes.
const ZIP_MAX: u64 = 128 * 1024 * 1024;
/// A driver has fifteen to thirty megabytes.
const PROGRAM_MAX: u64 = 256 * 1024 * 1024;
/// How long another program's fetching is waited for between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// May drivers be fetched, and does somebody have to say so each time?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FetchPolicy {
    /// A person says so: a button in the window, a command. Auto mode was switched on by a person.
    #[default]
    Ask,
    /// By itself, whenever one is missing.
    Always,
    /// Never.
    Never,
}

impl FetchPolicy {
    /// By its word in the configuration.
    pub fn of(word: &str) -> Self {
        match word {
            "yes" => Self::Always,
            "no" => Self::Never,
            _ => Self::Ask,
        }
    }
}

/// Where drivers come from and where they are kept.
#[derive(Debug, Clone, Default)]
pub struct Supply {
    /// One folder a driver. Empty: none are kept.
    pub folder: PathBuf,
    /// A mirror of Chrome for Testing. Empty: its makers.
    pub mirror: String,
    /// A mirror of Edge's drivers. Empty: their makers.
    pub edge_mirror: String,
    /// May they be fetched?
    pub policy: FetchPolicy,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchStep {
    /// Asking which drivers there are.
    Listing,
    /// Another program fetches already.
    Waiting,
    /// So many bytes are here, of so many.
    Fetching {
        /// Here.
        got: u64,
        /// In all, where the server says so.
        of: Option<u64>,
    },
    /// Unpacking and trying it.
    Unpacking,
}

/// A driver that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its version.
    pub version: Version,
    /// The program.
    pub program: PathBuf,
    /// Was it fetched just now?
    pub is_new: bool,
}

/// Why no driver could be fetched.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// Nobody makes one for this kind of machine.
    #[error(
        "Không có {family} tải sẵn cho máy này ({machine}). Cài gói chromium-driver của hệ điều hành. (No driver is published for this machine.)"
    )]
    NoPlatform {
        /// Which driver.
        family: Family,
        /// System and processor.
        machine: String,
    },
    /// The list has none that fits.
    #[error(
        "Danh sách không có {family} cho phiên bản {wanted}. Cập nhật trình duyệt rồi thử lại, hoặc sửa browser.driver_mirror. (No driver for this version is listed.)"
    )]
    NotListed {
        /// Which driver.
        family: Family,
        /// For what.
        wanted: Version,
    },
    /// The mirror is no address that a program may come from.
    #[error(
        "Không tải chương trình từ {address}: cần địa chỉ https://, hoặc http:// của máy trong mạng riêng. Sửa browser.driver_mirror. (Not an address that a program may come from.)"
    )]
    BadAddress {
        /// The address.
        address: String,
    },
    /// The server does not answer, or breaks off again and again.
    #[error(
        "Không tải được {address} ({why}). Kiểm tra mạng hoặc proxy rồi thử lại. (The download failed.)"
    )]
    Line {
        /// The address.
        address: String,
        /// The cause.
        why: String,
    },
    /// The server has it not.
    #[error(
        "Máy chủ không có {address}. Thử lại sau hoặc sửa browser.driver_mirror. (The server does not have it.)"
    )]
    NotThere {
        /// The address.
        address: String,
    },
    /// It is larger than such a thing can be.
    #[error(
        "{what} lớn quá mức cho phép ({most} MiB), không dùng. Kiểm tra browser.driver_mirror. (Too large; refused.)"
    )]
    TooLarge {
        /// What.
        what: String,
        /// The bound.
        most: u64,
    },
    /// What came is not what the server said it would be.
    #[error(
        "Tệp tải về không đúng mã kiểm tra của máy chủ, đã bỏ. Thử lại; nếu vẫn vậy, kiểm tra proxy và browser.driver_mirror. (Wrong checksum; refused.)"
    )]
    Checksum,
    /// What came cannot be understood.
    #[error(
        "Tệp tải về bị hỏng ({why}), đã bỏ. Thử lại; nếu vẫn vậy, kiểm tra browser.driver_mirror. (Damaged; refused.)"
    )]
    Damaged {
        /// In which way.
        why: String,
    },
    /// The driver that came does not run here, or is another one.
    #[error(
        "{family} {version} tải về không chạy được trên máy này, đã bỏ. Kiểm tra browser.driver_mirror và phần mềm diệt virus. (The driver does not run here; refused.)"
    )]
    DoesNotRun {
        /// Which driver.
        family: Family,
        /// Its version.
        version: Version,
    },
    /// It cannot be kept.
    #[error("Không ghi được {path}. Kiểm tra quyền và dung lượng đĩa. (Cannot write it.)")]
    Disk {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

pub(super) fn disk(path: &Path) -> impl Fn(std::io::Error) -> SupplyError + '_ {
    move |source| SupplyError::Disk {
        path: path.to_owned(),
        source,
    }
}

impl Supply {
    /// The drivers that are kept.
    pub fn shelf(&self) -> Shelf {
        Shelf::at(&self.folder)
    }

    /// Fetches the driver that fits this version of a browser best, unless it is kept already. Of
    /// several that want it at once, in whatever program, one fetches and the others wait.
    pub async fn fetch(
        &self,
        family: Family,
        wanted: Version,
        told: &(dyn Fn(FetchStep) + Send + Sync),
    ) -> Result<Fetched, SupplyError> {
        let shelf = self.shelf();
        let _turn = {
            let mut has_told = false;
            loop {
                if let Some(turn) = shelf.try_turn()? {
                    break turn;
                }
                if !std::mem::replace(&mut has_told, true) {
                    told(FetchStep::Waiting);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // Whoever had the turn before may have brought it.
        if let Some((version, program)) = shelf.best_for(family, wanted) {
            return Ok(Fetched {
                version,
                program,
                is_new: false,
            });
        }
        told(FetchStep::Listing);
        let (version, zip) = match family {
            Family::Chrome => self.chrome(&shelf, wanted, told).await?,
            Family::Edge => self.edge(&shelf, wanted, told).await?,
        };
        told(FetchStep::Unpacking);
        let put = move || {
            let folder = shelf.new_folder()?;
            let program = folder.path().join(family.program());
            archive::unpack(zip, &family.program(), &program, PROGRAM_MAX)?;
            if said_by(&program).is_none_or(|said| said.major() != version.major()) {
                return Err(SupplyError::DoesNotRun { family, version });
            }
            let program = shelf.put(folder, family, version)?;
            shelf.prune(family, version);
            Ok(program)
        };
        let program = tokio::task::spawn_blocking(put)
            .await
            .map_err(|e| SupplyError::Damaged { why: e.to_string() })??;
        tracing::info!(%family, %version, program = %program.display(), "driver fetched");
        Ok(Fetched {
            version,
            program,
            is_new: true,
        })
    }

    async fn chrome(
        &self,
        shelf: &Shelf,
        wanted: Version,
        told: &(dyn Fn(FetchStep) + Send + Sync),
    ) -> Result<(Version, std::fs::File), SupplyError> {
        let family = Family::Chrome;
        let platform = platform(family)?;
        let mirror = self.mirror.trim().trim_end_matches('/');
        let base = if mirror.is_empty() {
            PUBLIC_LIST
        } else {
            mirror
        };
        let http = download::client(base)?;
        let list = download::small(&http, &format!("{base}/{LIST}"), LIST_MAX).await?;
        let Pick { version, url } = pick(&list, wanted, platform)?;
        let address = zip_address(mirror, version, platform, &url)?;
        let zip = download::file(&http, &address, shelf, ZIP_MAX, told).await?;
        Ok((version, zip))
    }

    /// Edge's makers publish no list: the driver of the very version is there as a rule, else the
    /// newest of its major number has a page of its own.
    async fn edge(
        &self,
        shelf: &Shelf,
        wanted: Version,
        told: &(dyn Fn(FetchStep) + Send + Sync),
    ) -> Result<(Version, std::fs::File), SupplyError> {
        let family = Family::Edge;
        let platform = platform(family)?;
        let mirror = self.edge_mirror.trim().trim_end_matches('/');
        let base = if mirror.is_empty() {
            PUBLIC_EDGE
        } else {
            mirror
        };
        let http = download::client(base)?;
        let (newest, zip_of) = edge_addresses(base, wanted.major(), platform);
        match download::file(&http, &zip_of(wanted), shelf, ZIP_MAX, told).await {
            Err(SupplyError::NotThere { .. }) => {}
            got => return got.map(|zip| (wanted, zip)),
        }
        let said = download::small(&http, &newest, 1_024).await?;
        let version = list::edge_version(&said)
            .filter(|version| version.major() == wanted.major())
            .ok_or(SupplyError::NotListed { family, wanted })?;
        let zip = download::file(&http, &zip_of(version), shelf, ZIP_MAX, told).await?;
        Ok((version, zip))
    }
}

fn platform(family: Family) -> Result<&'static str, SupplyError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    list::platform(family, os, arch).ok_or_else(|| SupplyError::NoPlatform {
        family,
        machine: format!("{os} {arch}"),
    })
}
