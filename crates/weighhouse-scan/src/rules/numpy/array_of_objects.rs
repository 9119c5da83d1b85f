use weighhouse_formats::npy::NpyFacts;

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A NumPy file holds Python objects, so that loading it unpickles them.
    ///
    /// # What it detects
    ///
    /// Arrays whose dtype is or contains `object`. The pickle that follows is inspected like any other.
    ///
    /// # Why it matters
    ///
    /// NumPy refuses such files unless `allow_pickle=True` is given; with it, loading runs whatever the pickle says. Data that
    /// needs objects is seldom a matter of weights.
    ///
    /// # Example
    ///
    /// `np.save('labels.npy', np.array(['a', None], dtype=object))`
    ///
    /// # What to do
    ///
    /// Save numbers and text as arrays of their own types; keep `allow_pickle` off.
    ///
    /// # References
    ///
    /// - <https://numpy.org/doc/stable/reference/generated/numpy.load.html>
    /// - <https://nvd.nist.gov/vuln/detail/CVE-2019-6446>
    pub(crate) ArrayOfObjects {
        id: "WH-NPY-001",
        slug: "array-of-objects",
        since: "0.1.0",
        severity: Low,
        confidence: High,
        formats: [Npy],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for ArrayOfObjects {
    fn npy(&self, facts: &NpyFacts, cx: &mut Context<'_>) {
        if facts.holds_objects {
            cx.report(format!("an array of objects ({}) needs unpickling to be loaded", quote(&facts.descr)))
                .emit();
        }
    }
}

crate::samples! {
    ArrayOfObjects,
    bad: {
        "an array of objects" => [("labels.npy", npy("|O", b"\x80\x02]."))],
    },
    ok: {
        "an array of numbers" => [("weights.npy", npy("<f4", &[0; 4]))],
    },
}

#[cfg(test)]
fn npy(descr: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,), }}");
    let padded = format!("{header:<117}\n");
    [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), padded.as_bytes(), data].concat()
}
