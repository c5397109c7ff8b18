BEGIN TRANSACTION;
CREATE TABLE attempts (
    id             TEXT PRIMARY KEY,
    job_id         INTEGER NOT NULL REFERENCES jobs (id),
    batch_id       TEXT NOT NULL REFERENCES batches (id),
    service        TEXT NOT NULL,
    account_key    TEXT NOT NULL,
    state          TEXT NOT NULL,
    outcome        TEXT,
    obligation     TEXT,
    agent          TEXT,
    amount         INTEGER,
    transaction_id TEXT,
    started_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL
) STRICT;
INSERT INTO "attempts" VALUES('01a21a6f-c108-740e-a4eb-a472b00352ca',1,'01a21a6f-a189-71e0-adf0-c1b77c838af6','gach_dien_evn','pe01000000001','paid','paid','gach_dien_evn|pe01000000001','1234567890_VTP_00001_DB',427000,'VTP0020260001',1795739861256,1795739863723);
INSERT INTO "attempts" VALUES('01a21a6f-cad4-7546-a517-e23d054c3693',2,'01a21a6f-a189-71e0-adf0-c1b77c838af6','gach_dien_evn','pe01000000002','paid','paid','gach_dien_evn|pe01000000002','1234567890_VTP_00001_DB',849000,'VTP0020260002',1795739863764,1795739865181);
INSERT INTO "attempts" VALUES('01a21a6f-d081-7265-b37e-aa8537ba6012',3,'01a21a6f-a189-71e0-adf0-c1b77c838af6','gach_dien_evn','pe01000000003','paid','paid','gach_dien_evn|pe01000000003','1234567890_VTP_00001_DB',248000,'VTP0020260003',1795739865217,1795739866173);
INSERT INTO "attempts" VALUES('01a21a6f-d465-765c-8219-f8063450a8b8',4,'01a21a6f-a189-71e0-adf0-c1b77c838af6','gach_dien_evn','pe01000000004','no_debt','no_debt',NULL,NULL,0,NULL,1795739866213,1795739866433);
INSERT INTO "attempts" VALUES('01a21a6f-fb88-76b2-ac07-ab12baf04d87',5,'01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2','nap_tien_viettel','0981000001','paid','paid','nap_tien_viettel|0981000001|50000','1234567890_VTP_00001_DB',50000,'VTP0020260004',1795739876232,1795739878162);
INSERT INTO "attempts" VALUES('01a21a70-032a-75eb-9fdf-909194ade9bf',6,'01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2','nap_tien_viettel','0981000002','paid','paid','nap_tien_viettel|0981000002|20000','1234567890_VTP_00001_DB',20000,'VTP0020260005',1795739878186,1795739879216);
CREATE TABLE batches (
    id          TEXT PRIMARY KEY,
    identity    TEXT NOT NULL,
    service     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    operator    TEXT NOT NULL,
    portal      TEXT NOT NULL,
    is_dry_run  INTEGER NOT NULL,
    left_out    TEXT NOT NULL,
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER
) STRICT;
INSERT INTO "batches" VALUES('01a21a6f-a189-71e0-adf0-c1b77c838af6','2f9c853dd3d183576dd0bed34ace20e8e1c78ea7db6d3262a7c7d032b85d771c','gach_dien_evn','1234567890_VTP_00001_DB','','http://127.0.0.1:44881',0,'[]',1795739853193,1795739867313);
INSERT INTO "batches" VALUES('01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2','901428e9a1a9eb9cdb2205a01f5038c7b138bee4774d9249e4ed8bb7b45be0ca','nap_tien_viettel','1234567890_VTP_00001_DB','','http://127.0.0.1:44881',0,'[]',1795739870105,1795739879790);
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    attempt_id TEXT REFERENCES attempts (id),
    batch_id   TEXT NOT NULL REFERENCES batches (id),
    at_ms      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739861313,'leased','{"kind":"leased","session":"a707cd1963555df47fa5722232f64009"}','d8db87018bb73ee7ff6827cef9e1444ed0fc4a3dbebe6988ef6309e38135ff67');
INSERT INTO "events" VALUES(2,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739862952,'quote_seen','{"kind":"quote_seen","amount":427000,"balance":50000000}','fa1c3b290864e85f0e2ac6e695259956e125ced1bac781b3c2be824a813615e7');
INSERT INTO "events" VALUES(3,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739862967,'prepared','{"kind":"prepared"}','56964b954d481fe5fdeb91b6ee78bc2c07b19630f4ed64eee06249af0795916e');
INSERT INTO "events" VALUES(4,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739862977,'pre_armed','{"kind":"pre_armed"}','35d59472b4135ca21d48842cf18e72af3bcefe92c1f46a68003cea3e4a351c56');
INSERT INTO "events" VALUES(5,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863133,'armed','{"kind":"armed","agent":"1234567890_VTP_00001_DB","obligation":"gach_dien_evn|pe01000000001","amount":427000,"balance_before":50000000,"balance_seq":0,"balance_is_proof":true,"gate":"valve","session":"a707cd1963555df47fa5722232f64009","browser_pid":31559,"debugger_address":"localhost:38907","bidi_url":"ws://127.0.0.1:37253/session/a707cd1963555df47fa5722232f64009","context":"81090DD5FA53D0B556F8B971C296A9F4","history_mark":"","history_seq":0}','3510057c5a80347e2a08ef20de95ceaf104ba2a3591309b54cae795ae692e730');
INSERT INTO "events" VALUES(6,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863466,'released','{"kind":"released","request":"31683.123","body":"96be74f2abb5ee14e2d9a9942d73cde2ebcb2bac04fee599005c64332940df26"}','d87433a871cc366ef8a59c3b20179605db218b7459d00e91d0cb223d11d6acad');
INSERT INTO "events" VALUES(7,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863722,'observed','{"kind":"observed","said":[{"severity":"info","text":"Giao dịch thành công. Số tiền: 427.000đ. Mã giao dịch: VTP0020260001"}]}','54b548be9f573ce5a12b50c98ee40a185bce47b415f76205b2015182aa4a4711');
INSERT INTO "events" VALUES(8,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863723,'concluded','{"kind":"concluded","outcome":"paid","proof":"response","amount":427000,"transaction_id":"VTP0020260001","message":"Giao dịch thành công. Số tiền: 427.000đ. Mã giao dịch: VTP0020260001"}','e5e22c36eff0de16154eef7224ee0ed1d0922d87859a399106c009b9c19d5d87');
INSERT INTO "events" VALUES(9,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863819,'leased','{"kind":"leased","session":"a707cd1963555df47fa5722232f64009"}','5bc1746d68fb1de9d800ef390b2851797d22f972719e901ba1df8201d1373ea7');
INSERT INTO "events" VALUES(10,'01a21a6f-c108-740e-a4eb-a472b00352ca','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739863895,'evidence_kept','{"kind":"evidence_kept","files":[{"what":"quote","hash":"214a232c8cfbe5a85c7c3ce344baa036fe48ed936630da36f40201b118601462"},{"what":"request","hash":"96be74f2abb5ee14e2d9a9942d73cde2ebcb2bac04fee599005c64332940df26"},{"what":"response","hash":"9346cb3a1735d7e2ab8b378ca76263d955a833003c4483a87b2a0e09c4b13b17"},{"what":"outcome","hash":"cb6c6beaabd5fa6be5002f0acddb909c6172265e52929705fdc4b9247c247497"}]}','8c5e3b7d9d4289a4bf59d82b52ee25a7d981158bbc910b822c3960cf572c1342');
INSERT INTO "events" VALUES(11,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739864074,'quote_seen','{"kind":"quote_seen","amount":849000}','7a1062869686d6c9e0b98ee8068c3b010f4a669522f9e03308a66e9dffe41543');
INSERT INTO "events" VALUES(12,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739864113,'prepared','{"kind":"prepared"}','d89c46d9daa0aa4475ce10ac25df1a301fede3186caa282cbcaf3f33b039223a');
INSERT INTO "events" VALUES(13,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739864134,'pre_armed','{"kind":"pre_armed"}','e8fd92f0ae725c900d048370ed02fdf000805f11a533ecd9fce4f797b48ec7e7');
INSERT INTO "events" VALUES(14,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739864207,'armed','{"kind":"armed","agent":"1234567890_VTP_00001_DB","obligation":"gach_dien_evn|pe01000000002","amount":849000,"balance_before":50000000,"balance_seq":0,"balance_is_proof":true,"gate":"valve","session":"a707cd1963555df47fa5722232f64009","browser_pid":31559,"debugger_address":"localhost:38907","bidi_url":"ws://127.0.0.1:37253/session/a707cd1963555df47fa5722232f64009","context":"81090DD5FA53D0B556F8B971C296A9F4","history_mark":"","history_seq":0}','f29be045ef5acc9d7ad365a6dd850288ceb88d4c2cbf3de7bf2afdd886befc43');
INSERT INTO "events" VALUES(15,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739864794,'released','{"kind":"released","request":"31683.125","body":"2bda0db8c21b61c378ad020e2fe56484d12c905b88a1a39440bd40e541d32d1e"}','6230a6f71a76b4e54a881824191d360d261fb879d67d1425639c48a8e4722b2c');
INSERT INTO "events" VALUES(16,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865141,'observed','{"kind":"observed","said":[{"severity":"info","text":"Giao dịch thành công. Số tiền: 849.000đ. Mã giao dịch: VTP0020260002"}]}','cbcadae2e9d6dc87d706a9292efd94da2d0bbef09dc87c8d30e1d0033b34e758');
INSERT INTO "events" VALUES(17,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865181,'concluded','{"kind":"concluded","outcome":"paid","proof":"response","amount":849000,"transaction_id":"VTP0020260002","message":"Giao dịch thành công. Số tiền: 849.000đ. Mã giao dịch: VTP0020260002"}','aeed7585e73705ff13d27708e66dcfb70d799f564eb3c33beec3ea28208d562f');
INSERT INTO "events" VALUES(18,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865224,'leased','{"kind":"leased","session":"a707cd1963555df47fa5722232f64009"}','8417ee0153da147fbc0adb343993356ce3f88b20b86250232ab781d08804d932');
INSERT INTO "events" VALUES(19,'01a21a6f-cad4-7546-a517-e23d054c3693','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865309,'evidence_kept','{"kind":"evidence_kept","files":[{"what":"quote","hash":"028fe525acb24c6c1a25779dbc7d0f5f7767d2baa93b96b0706f0a95775fc375"},{"what":"request","hash":"2bda0db8c21b61c378ad020e2fe56484d12c905b88a1a39440bd40e541d32d1e"},{"what":"response","hash":"31d9b02e96c16e5a03dea6afa8b688de579e072fabc30e3bcc2581eb269657bf"},{"what":"outcome","hash":"82b0efa8454cdfafdd6f17046f688ab51a4b40cb415bc309a931e8925e05cf8a"}]}','2a469845c5a99247cd0d478c8cae9ee3bea47b97528c902bd48f640a14c93c5a');
INSERT INTO "events" VALUES(20,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865609,'quote_seen','{"kind":"quote_seen","amount":248000}','74f90699b541704621f15de3408ac9db76ac73add0d1586646f6a0777b6b9959');
INSERT INTO "events" VALUES(21,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865677,'prepared','{"kind":"prepared"}','73bb0b78afd2ea976350976e45870240aa9be0c4058c5a5a22b1bf0afdca0398');
INSERT INTO "events" VALUES(22,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865680,'pre_armed','{"kind":"pre_armed"}','580c2b8da96d52eab610b50e9c5e4134c72597e224504409a580ecde082ca91d');
INSERT INTO "events" VALUES(23,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865803,'armed','{"kind":"armed","agent":"1234567890_VTP_00001_DB","obligation":"gach_dien_evn|pe01000000003","amount":248000,"balance_before":50000000,"balance_seq":0,"balance_is_proof":true,"gate":"valve","session":"a707cd1963555df47fa5722232f64009","browser_pid":31559,"debugger_address":"localhost:38907","bidi_url":"ws://127.0.0.1:37253/session/a707cd1963555df47fa5722232f64009","context":"81090DD5FA53D0B556F8B971C296A9F4","history_mark":"","history_seq":0}','6db7babb3922b4a3a156b02ade0414beea117c0bd51c4a083ab9ed4b10dc6bd9');
INSERT INTO "events" VALUES(24,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739865944,'released','{"kind":"released","request":"31683.127","body":"18b1190ee2099b545d9f423b3c375e7a4364180f64f8bd8347ac050eca44ba02"}','c104d125cc44297dcfb6cd6316a750fd8bd6e76a5d54ec1d0765b3d719492ab6');
INSERT INTO "events" VALUES(25,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739866166,'observed','{"kind":"observed","said":[{"severity":"info","text":"Giao dịch thành công. Số tiền: 248.000đ. Mã giao dịch: VTP0020260003"}]}','98330ef2de7ba14f356871bee81480a4188ebee65347dfc5bd3df27363eb2a61');
INSERT INTO "events" VALUES(26,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739866173,'concluded','{"kind":"concluded","outcome":"paid","proof":"response","amount":248000,"transaction_id":"VTP0020260003","message":"Giao dịch thành công. Số tiền: 248.000đ. Mã giao dịch: VTP0020260003"}','79a4fd92c7f85f8d7af646d21527539f59dbe93aced795e6c730aeb148f5af22');
INSERT INTO "events" VALUES(27,'01a21a6f-d465-765c-8219-f8063450a8b8','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739866234,'leased','{"kind":"leased","session":"a707cd1963555df47fa5722232f64009"}','a885b064e274256ee6f3c6dbfd87344e2dea1b8631fde89d6dd5b5ca592ea531');
INSERT INTO "events" VALUES(28,'01a21a6f-d081-7265-b37e-aa8537ba6012','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739866367,'evidence_kept','{"kind":"evidence_kept","files":[{"what":"quote","hash":"407195353e2b05a984a3fe19d446f842817fd127c76fe9ff53064a85f44e5877"},{"what":"request","hash":"18b1190ee2099b545d9f423b3c375e7a4364180f64f8bd8347ac050eca44ba02"},{"what":"response","hash":"ee7b68ac0477449bd6d440e3a701733c17dec3868cdd17e0942d290b66a38d0f"},{"what":"outcome","hash":"2b653ae7fc0fef024850373ca91ebd51d4e4028d94794d5b695f0a3f82c50231"}]}','bd64f5d3a8195cbba3fd34d7d4c240162b9025a4fabe55085f10a526bf6d78d3');
INSERT INTO "events" VALUES(29,'01a21a6f-d465-765c-8219-f8063450a8b8','01a21a6f-a189-71e0-adf0-c1b77c838af6',1795739866433,'concluded','{"kind":"concluded","outcome":"no_debt","proof":"response","amount":0,"message":"Thuê bao không còn nợ cước"}','972524595483b705f2b3e2b16087c1386a77c7f494c6146baa8a1e8d94040741');
INSERT INTO "events" VALUES(30,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739876279,'leased','{"kind":"leased","session":"8b4922ee852eec7f3f846307cef8cf39"}','838c1c8440ab205b1c43f2f89c197bdb22fbbf51a70b9307feb8f6fa2113d159');
INSERT INTO "events" VALUES(31,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739877391,'quote_seen','{"kind":"quote_seen","amount":50000,"balance":48476000}','6bc7d8a89659c26ec72dceb7c2952028a8c15c1e45f14742d88678ef95ff33ad');
INSERT INTO "events" VALUES(32,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739877499,'prepared','{"kind":"prepared"}','f0ba30000c4d8bed22ea4f8ffee32ebbad6cdda671ed2569a23fee01bff8b9c7');
INSERT INTO "events" VALUES(33,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739877509,'pre_armed','{"kind":"pre_armed"}','7241d0f025653b7ada781aa548183b37f33b8bcfad4f19732820eb57f25c1ce9');
INSERT INTO "events" VALUES(34,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739877569,'armed','{"kind":"armed","agent":"1234567890_VTP_00001_DB","obligation":"nap_tien_viettel|0981000001|50000","amount":50000,"balance_before":48476000,"balance_seq":29,"balance_is_proof":true,"gate":"valve","session":"8b4922ee852eec7f3f846307cef8cf39","browser_pid":32171,"debugger_address":"localhost:41023","bidi_url":"ws://127.0.0.1:40309/session/8b4922ee852eec7f3f846307cef8cf39","context":"FBE551B9DE1EE33D6526268BF73A0E58","history_mark":"VTP0020260003","history_seq":29}','1d3f18f36144f169e88d8e0fa91f24a7dc2606a77bd91a096211c8ed5b9aa51c');
INSERT INTO "events" VALUES(35,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739877858,'released','{"kind":"released","request":"32271.125","body":"1c4c2904d5e2c0e878599540839e371c319ee2769d43d154c2ff868ffa2b2cc5"}','8da97438ac2c2c39e0daf841a1f73e53e3e3c8121cfff05cf43ee1cbbac49c74');
INSERT INTO "events" VALUES(36,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878156,'observed','{"kind":"observed","said":[{"severity":"info","text":"Giao dịch thành công. Số tiền: 50.000đ. Mã giao dịch: VTP0020260004"}]}','fc9d0f1488413198632b401c8cd6543209c98a31b89edc9cbc13dc2ded0a597f');
INSERT INTO "events" VALUES(37,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878162,'concluded','{"kind":"concluded","outcome":"paid","proof":"response","amount":50000,"transaction_id":"VTP0020260004","message":"Giao dịch thành công. Số tiền: 50.000đ. Mã giao dịch: VTP0020260004"}','ee4f7c8f34dabc245dc860993e9a888b339cd25bb462ddfc4ea35515251b4f40');
INSERT INTO "events" VALUES(38,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878191,'leased','{"kind":"leased","session":"8b4922ee852eec7f3f846307cef8cf39"}','a2c315bae4621ecdd79ad81221c094a527ff07d09a81ea7f4f97b14c3e52f865');
INSERT INTO "events" VALUES(39,'01a21a6f-fb88-76b2-ac07-ab12baf04d87','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878259,'evidence_kept','{"kind":"evidence_kept","files":[{"what":"quote","hash":"4de66d3160b3e35d63b81276110ebddbe1dab63eb9bd4758cf343d6ca164d9d6"},{"what":"request","hash":"1c4c2904d5e2c0e878599540839e371c319ee2769d43d154c2ff868ffa2b2cc5"},{"what":"response","hash":"de0f62ad4853e325ccaf28deda4161bd8efb0e4f9f69850bcb2e3bd7c47d5f40"},{"what":"outcome","hash":"48f00f481e4f82dc082c35fb5a2686d042fd9819c27e22ec4f0453c459d8b4e8"}]}','20fa45702d544b0c8b3a39252b574a72f682769c49f3d23abcac002de17bb6d1');
INSERT INTO "events" VALUES(40,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878799,'quote_seen','{"kind":"quote_seen","amount":20000}','57ebf602018a9a90af16f8f7031f98ba146843ccdf440301e3a56b09bab0ad23');
INSERT INTO "events" VALUES(41,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878817,'prepared','{"kind":"prepared"}','eff4739d09349b5ba7e4f42877cd147f86b37562290f2137856a7529cd6c58a4');
INSERT INTO "events" VALUES(42,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878834,'pre_armed','{"kind":"pre_armed"}','ff43d8498ba56c261700017d8149fe6548bded7c9c225fe837cca5fe92d9adbc');
INSERT INTO "events" VALUES(43,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739878890,'armed','{"kind":"armed","agent":"1234567890_VTP_00001_DB","obligation":"nap_tien_viettel|0981000002|20000","amount":20000,"balance_before":48476000,"balance_seq":29,"balance_is_proof":true,"gate":"valve","session":"8b4922ee852eec7f3f846307cef8cf39","browser_pid":32171,"debugger_address":"localhost:41023","bidi_url":"ws://127.0.0.1:40309/session/8b4922ee852eec7f3f846307cef8cf39","context":"FBE551B9DE1EE33D6526268BF73A0E58","history_mark":"VTP0020260003","history_seq":29}','30dc11b5e8b0a9b89317d7479f54d2e35d1186d619654623e0ac38879764faf3');
INSERT INTO "events" VALUES(44,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739879018,'released','{"kind":"released","request":"32271.129","body":"f82111873f6c05825eaf7b48cd76157a01d2c69791318208fba348a36faaf62c"}','374da349b06522d05ebe78721e83956a4442e1322a421b845cfc17bd5a81c409');
INSERT INTO "events" VALUES(45,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739879213,'observed','{"kind":"observed","said":[{"severity":"info","text":"Giao dịch thành công. Số tiền: 20.000đ. Mã giao dịch: VTP0020260005"}]}','f4900d7524b824ef7f8d5a879995c2df09b86315ae310b976ab92c5ce5cc808b');
INSERT INTO "events" VALUES(46,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739879216,'concluded','{"kind":"concluded","outcome":"paid","proof":"response","amount":20000,"transaction_id":"VTP0020260005","message":"Giao dịch thành công. Số tiền: 20.000đ. Mã giao dịch: VTP0020260005"}','89608d2f57affe61ade65622a441925450ed562cbaa80c4f4c949908c40dff75');
INSERT INTO "events" VALUES(47,'01a21a70-032a-75eb-9fdf-909194ade9bf','01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1795739879300,'evidence_kept','{"kind":"evidence_kept","files":[{"what":"quote","hash":"3c673194a9904a6057ae8fed48632b621c894164993ddb91afc5a0b71c4ce6f7"},{"what":"request","hash":"f82111873f6c05825eaf7b48cd76157a01d2c69791318208fba348a36faaf62c"},{"what":"response","hash":"bcdef73afe2f71b9eff933b1493b9c90738d3f16381d148e5829fa30d4413db4"},{"what":"outcome","hash":"581861aab0be0c9d617cadcc277be7ff2e1ff588c642397a496ea0f32993b961"}]}','1acdbf549c2013afe5b0c70fc3eeb23ce0235dc08af01da71d446eadca9d0d45');
CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    batch_id    TEXT NOT NULL REFERENCES batches (id),
    position    INTEGER NOT NULL,
    account     TEXT NOT NULL,
    account_key TEXT NOT NULL,
    amount      INTEGER,
    order_id    TEXT,
    payment     TEXT,
    source_row  TEXT NOT NULL, source TEXT, ticket TEXT, fence INTEGER, returned_ms INTEGER, receiver TEXT,
    UNIQUE (batch_id, position)
) STRICT;
INSERT INTO "jobs" VALUES(1,'01a21a6f-a189-71e0-adf0-c1b77c838af6',0,'PE01000000001','pe01000000001',NULL,NULL,NULL,'dòng 1',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(2,'01a21a6f-a189-71e0-adf0-c1b77c838af6',1,'PE01000000002','pe01000000002',NULL,'DON-2',NULL,'dòng 2',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(3,'01a21a6f-a189-71e0-adf0-c1b77c838af6',2,'PE01000000003','pe01000000003',NULL,NULL,NULL,'dòng 3',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(4,'01a21a6f-a189-71e0-adf0-c1b77c838af6',3,'PE01000000004','pe01000000004',NULL,NULL,NULL,'dòng 4',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(5,'01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',0,'0981000001','0981000001',50000,NULL,NULL,'dòng 1',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES(6,'01a21a6f-e399-75b1-a8f6-24f6ad6fb8f2',1,'0981000002','0981000002',20000,NULL,NULL,'dòng 2',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE outbox (
    seq             INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs (id),
    attempt_id      TEXT NOT NULL REFERENCES attempts (id),
    source          TEXT NOT NULL,
    body            TEXT NOT NULL,
    made_ms         INTEGER NOT NULL,
    acknowledged_ms INTEGER,
    answer          TEXT
) STRICT;
CREATE INDEX batches_by_identity ON batches (identity, started_ms);
CREATE INDEX attempts_by_job ON attempts (job_id, started_ms);
CREATE INDEX attempts_by_batch ON attempts (batch_id, started_ms);
CREATE INDEX attempts_by_obligation ON attempts (obligation) WHERE obligation IS NOT NULL;
CREATE INDEX attempts_unfinished ON attempts (started_ms) WHERE outcome IS NULL;
CREATE INDEX events_by_attempt ON events (attempt_id, seq);
CREATE INDEX events_by_batch ON events (batch_id, attempt_id);
CREATE INDEX jobs_by_account ON jobs (account_key);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE INDEX events_armed ON events (seq) WHERE kind = 'armed';
CREATE INDEX attempts_ended ON attempts (updated_ms) WHERE outcome IS NOT NULL;
CREATE INDEX batches_started ON batches (started_ms);
CREATE INDEX jobs_held ON jobs (id) WHERE source IS NOT NULL AND returned_ms IS NULL;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE acknowledged_ms IS NULL;
CREATE INDEX attempts_by_agent ON attempts (agent COLLATE NOCASE, updated_ms) WHERE agent IS NOT NULL;
COMMIT;
