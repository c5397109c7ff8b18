//! What a screen reader hears of a window, and where it says that things lie: a bus of its own, on which
//! it answers what programs ask before they speak.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::display::{Ended, until};

/// Roles by their numbers in AT-SPI.
const BUTTON: [u32; 2] = [43, 62];
const ENTRY: u32 = 79;
/// The bit of a control that can be used.
const ENABLED: u32 = 1 << 8;

type Reference = (String, OwnedObjectPath);
/// Object, application, parent, place, children, interfaces, name, role, description, states.
type Item = (
    Reference,
    Reference,
    Reference,
    i32,
    i32,
    Vec<String>,
    String,
    u32,
    String,
    Vec<u32>,
);

/// Tells that somebody listens.
struct Status {
    is_on: bool,
}

#[zbus::interface(name = "org.a11y.Status")]
impl Status {
    #[zbus(property)]
    fn is_enabled(&self) -> bool {
        self.is_on
    }

    #[zbus(property)]
    fn screen_reader_enabled(&self) -> bool {
        self.is_on
    }
}

/// Where programs say that they are there.
struct Registry {
    programs: Arc<Mutex<Vec<Reference>>>,
    own: OwnedObjectPath,
}

#[zbus::interface(name = "org.a11y.atspi.Socket")]
impl Registry {
    fn embed(&self, plug: Reference, #[zbus(connection)] bus: &zbus::Connection) -> (Reference,) {
        self.programs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(plug);
        // By its number: a name is no answer here.
        let own = bus.unique_name().map(ToString::to_string);
        ((own.unwrap_or_default(), self.own.clone()),)
    }
}

/// A thing on the screen, as it is told.
#[derive(Debug, Clone)]
pub struct Thing {
    at: Reference,
    pub name: String,
    role: u32,
    states: u32,
}

impl Thing {
    pub fn is_button(&self) -> bool {
        BUTTON.contains(&self.role)
    }

    pub fn is_field(&self) -> bool {
        self.role == ENTRY
    }

    pub fn is_enabled(&self) -> bool {
        self.states & ENABLED != 0
    }
}

/// Left, top, width and height on the screen.
pub type Place = (i32, i32, i32, i32);

pub struct Reader {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
    pub address: String,
    programs: Arc<Mutex<Vec<Reference>>>,
    _daemon: Ended,
}

/// A bus for one desktop, open to whoever runs on it.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

impl Reader {
    /// In this folder. `None` where there is no bus to be had.
    pub fn start(folder: &Path) -> Option<Self> {
        let (socket, file) = (folder.join("bus"), folder.join("bus.xml"));
        std::fs::write(&file, BUS.replace("SOCKET", &socket.display().to_string())).ok()?;
        let mut daemon = Command::new("dbus-daemon");
        daemon
            .arg("--nofork")
            .arg(format!("--config-file={}", file.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let daemon = Ended(daemon.spawn().ok()?);
        until("the bus is there", || socket.exists().then_some(()));
        let address = format!("unix:path={}", socket.display());
        let runtime = tokio::runtime::Runtime::new().ok()?;
        let programs = Arc::<Mutex<Vec<Reference>>>::default();
        let root = OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").ok()?;
        let registry = Registry {
            programs: programs.clone(),
            own: root.clone(),
        };
        let bus = runtime.block_on(async {
            zbus::connection::Builder::address(address.as_str())?
                .serve_at("/org/a11y/bus", Status { is_on: true })?
                .serve_at(&root, registry)?
                .name("org.a11y.Bus")?
                .name("org.a11y.atspi.Registry")?
                .build()
                .await
        });
        Some(Self {
            runtime,
            bus: bus.expect("the bus takes us"),
            address,
            programs,
            _daemon: daemon,
        })
    }

    /// Everything that the program of this process shows.
    pub fn things_of(&self, process: u32) -> Vec<Thing> {
        let programs = self
            .programs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        self.runtime
            .block_on(async {
                for (program, _) in programs {
                    if self.process_of(&program).await != Some(process) {
                        continue;
                    }
                    let items: Option<Vec<Item>> = self
                        .ask(
                            &program,
                            "/org/a11y/atspi/cache",
                            "org.a11y.atspi.Cache",
                            "GetItems",
                            &(),
                        )
                        .await;
                    return items;
                }
                None
            })
            .unwrap_or_default()
            .into_iter()
            .map(|item| Thing {
                at: item.0,
                name: item.6,
                role: item.7,
                states: item.9.first().copied().unwrap_or_default(),
            })
            .collect()
    }

    /// Where it lies on the screen.
    pub fn place_of(&self, thing: &Thing) -> Option<Place> {
        const ON_THE_SCREEN: u32 = 0;
        let (program, path) = &thing.at;
        self.runtime.block_on(self.ask(
            program,
            path.as_str(),
            "org.a11y.atspi.Component",
            "GetExtents",
            &(ON_THE_SCREEN,),
        ))
    }

    async fn process_of(&self, program: &str) -> Option<u32> {
        let facts: HashMap<String, OwnedValue> = self
            .ask(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "GetConnectionCredentials",
                &(program,),
            )
            .await?;
        u32::try_from(facts.get("ProcessID")?).ok()
    }

    /// `None`: it has gone, or has no such thing any more.
    async fn ask<B, R>(
        &self,
        program: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Option<R>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
        R: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        const ANSWER_MAX: Duration = Duration::from_secs(5);
        let asked = self
            .bus
            .call_method(Some(program), path, Some(interface), method, body);
        let answer = tokio::time::timeout(ANSWER_MAX, asked).await.ok()?.ok()?;
        answer.body().deserialize().ok()
    }
}
