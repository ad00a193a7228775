//! Owns the list of secrets' formats: a line each.

use std::ops::Range;

/// How a secret looks.
pub struct Format {
    /// Text that stands in it or beside it, in any case.
    pub anchor: &'static str,
    /// It, or where it has a group, the group.
    pub pattern: &'static str,
    /// How sure a match is.
    pub score: f32,
    /// The least entropy, in bits a character.
    pub bits_min: f32,
}

const fn format(anchor: &'static str, pattern: &'static str, score: f32, bits_min: f32) -> Format {
    Format { anchor, pattern, score, bits_min }
}

/// What a pattern is like, for a look at what stands around its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A name, and the value that it is given.
    Named,
    /// An address with a user.
    Address,
    /// The anchor in its very case at a word's beginning, and signs after it.
    Marked,
    /// Something else.
    Other,
}

/// Longer names of secrets, and longer users in addresses, are none.
const NAME_BYTES_MAX: usize = 34;
const USER_BYTES_MAX: usize = 200;

impl Format {
    /// Whether what stands around an anchor may be a secret of this format: a look that costs less than the pattern,
    /// and passes whatever the pattern takes at this anchor.
    pub fn may_be(&self, shape: Shape, text: &[u8], anchor: Range<usize>) -> bool {
        let after = text.get(anchor.end..).unwrap_or_default();
        if shape == Shape::Named {
            return gives_value(after);
        }
        if shape == Shape::Address {
            let length =
                after.iter().take(USER_BYTES_MAX).take_while(|byte| !b" \t\r\n/<>".contains(byte)).count();
            return after.get(..length).is_some_and(|host| host.contains(&b'@'));
        }
        if shape == Shape::Other {
            return true;
        }
        let joined = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = anchor.start.checked_sub(1).and_then(|at| text.get(at));
        text.get(anchor.clone()) == Some(self.anchor.as_bytes())
            && (!before.is_some_and(joined) || !self.anchor.as_bytes().first().is_some_and(joined))
            && after.iter().take(VALUE_BYTES_MIN).all(|byte| !byte.is_ascii_whitespace())
    }

    /// What its pattern is like.
    pub fn shape(&self) -> Shape {
        let begins = || {
            let plain = self.anchor.replace('.', "\\.");
            self.pattern.strip_prefix(r"(?-u)\b(").is_some_and(|rest| rest.starts_with(&plain))
        };
        match self.pattern {
            NAMED => Shape::Named,
            _ if self.anchor == "://" => Shape::Address,
            _ if begins() => Shape::Marked,
            _ => Shape::Other,
        }
    }
}

/// Tokens have more signs after their mark.
const VALUE_BYTES_MIN: usize = 8;

/// Whether a name ends here, or a little further, and is given a value.
fn gives_value(after: &[u8]) -> bool {
    let skip = |from: usize, most: usize, belongs: fn(&u8) -> bool| {
        from + after
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take(most)
            .take_while(|byte| belongs(byte))
            .count()
    };
    let mut at = skip(0, NAME_BYTES_MAX, |byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    at = skip(at, 1, |byte| b"\"'`".contains(byte));
    at = skip(at, 3, u8::is_ascii_whitespace);
    let rest = after.get(at..).unwrap_or_default();
    at += match rest {
        [b':', b'=', ..] | [b'=', b'>', ..] => 2,
        [b'=' | b':' | b',', ..] => 1,
        [b'i' | b'I', b's' | b'S', ..] => 2,
        _ => return false,
    };
    at = skip(at, 3, u8::is_ascii_whitespace);
    at = skip(at, 1, |byte| b"\"'`".contains(byte));
    after.get(at..at + VALUE_BYTES_MIN - 1).is_some_and(|value| !value.iter().any(u8::is_ascii_whitespace))
}

/// A value that a name calls a secret.
const NAMED: &str = concat!(
    r#"(?i-u)[a-z0-9_.\-]{0,40}(?:secret|token|passw(?:or)?d|passwd|pwd|passphrase|credentials?|("#,
    r#"?:api|access|auth|private|client|encryption|signing|subscription|license|account)[ _.\-]?("#,
    r#"?:key|id))[a-z0-9_\-]{0,30}["'`]?\s{0,3}(?:=|:=|:|=>|,|\bis\b)\s{0,3}["'`]?([a-z0-9_\-.=+/"#,
    r#"~!@#$%^&*]{8,160})["'`]?"#,
);

/// Every format.
#[rustfmt::skip]
pub const FORMATS: &[Format] = &[
    format("ghp_", r#"(?-u)\b(ghp_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("gho_", r#"(?-u)\b(gho_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("ghu_", r#"(?-u)\b(ghu_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("ghs_", r#"(?-u)\b(ghs_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("ghr_", r#"(?-u)\b(ghr_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("github_pat_", r#"(?-u)\b(github_pat_[A-Za-z0-9_]{82})\b"#, 0.98, 2.5),
    format("glpat-", r#"(?-u)\b(glpat-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("gldt-", r#"(?-u)\b(gldt-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("glft-", r#"(?-u)\b(glft-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("glsoat-", r#"(?-u)\b(glsoat-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("glrt-", r#"(?-u)\b(glrt-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("glptt-", r#"(?-u)\b(glptt-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("glagent-", r#"(?-u)\b(glagent-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("gloas-", r#"(?-u)\b(gloas-[A-Za-z0-9_-]{20,64})\b"#, 0.98, 2.5),
    format("AKIA", r#"(?-u)\b(AKIA[A-Z0-9]{16})\b"#, 0.98, 2.5),
    format("ASIA", r#"(?-u)\b(ASIA[A-Z0-9]{16})\b"#, 0.98, 2.5),
    format("ABIA", r#"(?-u)\b(ABIA[A-Z0-9]{16})\b"#, 0.98, 2.5),
    format("ACCA", r#"(?-u)\b(ACCA[A-Z0-9]{16})\b"#, 0.98, 2.5),
    format("AIza", r#"(?-u)\b(AIza[A-Za-z0-9_-]{35})\b"#, 0.98, 2.5),
    format("ya29.", r#"(?-u)\b(ya29\.[A-Za-z0-9_-]{30,200})\b"#, 0.98, 2.5),
    format("xoxb-", r#"(?-u)\b(xoxb-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xoxp-", r#"(?-u)\b(xoxp-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xoxa-", r#"(?-u)\b(xoxa-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xoxr-", r#"(?-u)\b(xoxr-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xoxs-", r#"(?-u)\b(xoxs-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xoxe-", r#"(?-u)\b(xoxe-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("xapp-", r#"(?-u)\b(xapp-[A-Za-z0-9-]{24,200})\b"#, 0.98, 2.5),
    format("hooks.slack.com/services/", r#"(?-u)\b(hooks\.slack\.com/services/[A-Za-z0-9/]{40,60})\b"#, 0.98, 2.5),
    format("sk_live_", r#"(?-u)\b(sk_live_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("sk_test_", r#"(?-u)\b(sk_test_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("rk_live_", r#"(?-u)\b(rk_live_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("rk_test_", r#"(?-u)\b(rk_test_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("pk_live_", r#"(?-u)\b(pk_live_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("whsec_", r#"(?-u)\b(whsec_[A-Za-z0-9]{24,120})\b"#, 0.98, 2.5),
    format("sk-ant-", r#"(?-u)\b(sk-ant-[A-Za-z0-9_-]{40,140})\b"#, 0.98, 2.5),
    format("sk-proj-", r#"(?-u)\b(sk-proj-[A-Za-z0-9_-]{40,200})\b"#, 0.98, 2.5),
    format("sk-", r#"(?-u)\b(sk-[A-Za-z0-9]{32,64})\b"#, 0.9, 3.2),
    format("hf_", r#"(?-u)\b(hf_[A-Za-z]{34})\b"#, 0.97, 2.5),
    format("api_org_", r#"(?-u)\b(api_org_[A-Za-z]{34})\b"#, 0.98, 2.5),
    format("SG.", r#"(?-u)\b(SG\.[A-Za-z0-9_.-]{66})\b"#, 0.98, 2.5),
    format("key-", r#"(?-u)\b(key-[a-f0-9]{32})\b"#, 0.8, 2.5),
    format("shpat_", r#"(?-u)\b(shpat_[a-f0-9]{32})\b"#, 0.98, 2.5),
    format("shpca_", r#"(?-u)\b(shpca_[a-f0-9]{32})\b"#, 0.98, 2.5),
    format("shppa_", r#"(?-u)\b(shppa_[a-f0-9]{32})\b"#, 0.98, 2.5),
    format("shpss_", r#"(?-u)\b(shpss_[a-f0-9]{32})\b"#, 0.98, 2.5),
    format("npm_", r#"(?-u)\b(npm_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("pypi-AgEIcHlwaS5vcmc", r#"(?-u)\b(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,200})\b"#, 0.98, 2.5),
    format("rubygems_", r#"(?-u)\b(rubygems_[a-f0-9]{48})\b"#, 0.98, 2.5),
    format("dop_v1_", r#"(?-u)\b(dop_v1_[a-f0-9]{64})\b"#, 0.98, 2.5),
    format("doo_v1_", r#"(?-u)\b(doo_v1_[a-f0-9]{64})\b"#, 0.98, 2.5),
    format("dor_v1_", r#"(?-u)\b(dor_v1_[a-f0-9]{64})\b"#, 0.98, 2.5),
    format("dp.pt.", r#"(?-u)\b(dp\.pt\.[A-Za-z0-9]{43})\b"#, 0.98, 2.5),
    format("hvs.", r#"(?-u)\b(hvs\.[A-Za-z0-9_-]{90,120})\b"#, 0.98, 2.5),
    format("hvb.", r#"(?-u)\b(hvb\.[A-Za-z0-9_-]{100,300})\b"#, 0.98, 2.5),
    format("lin_api_", r#"(?-u)\b(lin_api_[A-Za-z0-9]{40})\b"#, 0.98, 2.5),
    format("PMAK-", r#"(?-u)\b(PMAK-[a-f0-9-]{59})\b"#, 0.98, 2.5),
    format("pul-", r#"(?-u)\b(pul-[a-f0-9]{40})\b"#, 0.98, 2.5),
    format("glsa_", r#"(?-u)\b(glsa_[A-Za-z0-9_]{41})\b"#, 0.98, 2.5),
    format("glc_", r#"(?-u)\b(glc_[A-Za-z0-9+/]{32,400})\b"#, 0.98, 2.5),
    format("NRAK-", r#"(?-u)\b(NRAK-[A-Z0-9]{27})\b"#, 0.98, 2.5),
    format("NRII-", r#"(?-u)\b(NRII-[A-Za-z0-9-]{32})\b"#, 0.98, 2.5),
    format("NRJS-", r#"(?-u)\b(NRJS-[a-f0-9]{19})\b"#, 0.98, 2.5),
    format("EZAK", r#"(?-u)\b(EZAK[A-Za-z0-9]{54})\b"#, 0.98, 2.5),
    format("EZTK", r#"(?-u)\b(EZTK[A-Za-z0-9]{54})\b"#, 0.98, 2.5),
    format("duffel_test_", r#"(?-u)\b(duffel_test_[A-Za-z0-9_-]{43})\b"#, 0.98, 2.5),
    format("duffel_live_", r#"(?-u)\b(duffel_live_[A-Za-z0-9_-]{43})\b"#, 0.98, 2.5),
    format("dapi", r#"(?-u)\b(dapi[a-f0-9]{32})\b"#, 0.95, 2.5),
    format("dt0c01.", r#"(?-u)\b(dt0c01\.[A-Z0-9.]{89})\b"#, 0.98, 2.5),
    format("FLWSECK_TEST-", r#"(?-u)\b(FLWSECK_TEST-[a-h0-9]{12})\b"#, 0.95, 2.5),
    format("fo1_", r#"(?-u)\b(fo1_[A-Za-z0-9_-]{43})\b"#, 0.98, 2.5),
    format("fio-u-", r#"(?-u)\b(fio-u-[A-Za-z0-9_=-]{64})\b"#, 0.98, 2.5),
    format("secret_", r#"(?-u)\b(secret_[A-Za-z0-9]{43})\b"#, 0.98, 2.5),
    format("ntn_", r#"(?-u)\b(ntn_[A-Za-z0-9]{46})\b"#, 0.98, 2.5),
    format("ico-", r#"(?-u)\b(ico-[A-Za-z0-9]{32})\b"#, 0.98, 2.5),
    format("live_", r#"(?-u)\b(live_[a-f0-9]{35})\b"#, 0.8, 2.5),
    format("pscale_pw_", r#"(?-u)\b(pscale_pw_[A-Za-z0-9_.-]{32,64})\b"#, 0.98, 2.5),
    format("pscale_tkn_", r#"(?-u)\b(pscale_tkn_[A-Za-z0-9_.-]{32,64})\b"#, 0.98, 2.5),
    format("pscale_oauth_", r#"(?-u)\b(pscale_oauth_[A-Za-z0-9_.-]{32,64})\b"#, 0.98, 2.5),
    format("pnu_", r#"(?-u)\b(pnu_[A-Za-z0-9]{36})\b"#, 0.98, 2.5),
    format("pplx-", r#"(?-u)\b(pplx-[A-Za-z0-9]{48})\b"#, 0.98, 2.5),
    format("rdme_", r#"(?-u)\b(rdme_[a-z0-9]{70})\b"#, 0.98, 2.5),
    format("tk-us-", r#"(?-u)\b(tk-us-[A-Za-z0-9_-]{48})\b"#, 0.98, 2.5),
    format("shippo_live_", r#"(?-u)\b(shippo_live_[a-f0-9]{40})\b"#, 0.98, 2.5),
    format("shippo_test_", r#"(?-u)\b(shippo_test_[a-f0-9]{40})\b"#, 0.98, 2.5),
    format("sntrys_", r#"(?-u)\b(sntrys_[A-Za-z0-9+/=_]{80,240})\b"#, 0.98, 2.5),
    format("sntryu_", r#"(?-u)\b(sntryu_[a-f0-9]{64})\b"#, 0.98, 2.5),
    format("sgp_", r#"(?-u)\b(sgp_[A-Za-z0-9_]{40,80})\b"#, 0.98, 2.5),
    format("EAAA", r#"(?-u)\b(EAAA[A-Za-z0-9_-]{60})\b"#, 0.98, 2.5),
    format("sq0atp-", r#"(?-u)\b(sq0atp-[A-Za-z0-9_-]{22})\b"#, 0.98, 2.5),
    format("sq0csp-", r#"(?-u)\b(sq0csp-[A-Za-z0-9_-]{43})\b"#, 0.98, 2.5),
    format("xkeysib-", r#"(?-u)\b(xkeysib-[a-f0-9-]{81})\b"#, 0.98, 2.5),
    format("tfp_", r#"(?-u)\b(tfp_[A-Za-z0-9_-]{59})\b"#, 0.98, 2.5),
    format("SK", r#"(?-u)\b(SK[a-f0-9]{32})\b"#, 0.85, 2.5),
    format("v1.0-", r#"(?-u)\b(v1\.0-[a-f0-9-]{171})\b"#, 0.98, 2.5),
    format("phc_", r#"(?-u)\b(phc_[A-Za-z0-9]{43})\b"#, 0.98, 2.5),
    format("phx_", r#"(?-u)\b(phx_[A-Za-z0-9]{43})\b"#, 0.98, 2.5),
    format("ATATT3", r#"(?-u)\b(ATATT3[A-Za-z0-9_=-]{186})\b"#, 0.98, 2.5),
    format("AGE-SECRET-KEY-1", r#"(?-u)\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b"#, 0.98, 2.5),
    format("CLOJARS_", r#"(?-u)\b(CLOJARS_[a-z0-9]{60})\b"#, 0.98, 2.5),
    format("ops_eyJ", r#"(?-u)\b(ops_eyJ[A-Za-z0-9+/=]{250})\b"#, 0.98, 2.5),
    format("A3-", r#"(?-u)\b(A3-[A-Z0-9-]{34})\b"#, 0.98, 2.5),
    format("ABSK", r#"(?-u)\b(ABSK[A-Za-z0-9+/=]{109})\b"#, 0.98, 2.5),
    format("LTAI", r#"(?-u)\b(LTAI[A-Za-z0-9]{20})\b"#, 0.98, 2.5),
    format("AQVN", r#"(?-u)\b(AQVN[A-Za-z0-9_-]{35,38})\b"#, 0.98, 2.5),
    format("t1.", r#"(?-u)\b(t1\.[A-Za-z0-9_.-]{86})\b"#, 0.98, 2.5),
    format("p8e-", r#"(?-u)\b(p8e-[A-Za-z0-9]{32})\b"#, 0.98, 2.5),
    format("patu", r#"(?-u)\b(patu[A-Za-z0-9_-]{50})\b"#, 0.98, 2.5),
    format("bkua_", r#"(?-u)\b(bkua_[a-f0-9]{40})\b"#, 0.98, 2.5),
    format("figd_", r#"(?-u)\b(figd_[A-Za-z0-9_-]{40})\b"#, 0.98, 2.5),
    format("nvapi-", r#"(?-u)\b(nvapi-[A-Za-z0-9_-]{64})\b"#, 0.98, 2.5),
    format("gsk_", r#"(?-u)\b(gsk_[A-Za-z0-9]{52})\b"#, 0.98, 2.5),
    format("r8_", r#"(?-u)\b(r8_[A-Za-z0-9]{37})\b"#, 0.98, 2.5),
    format("tvly-", r#"(?-u)\b(tvly-[A-Za-z0-9]{32})\b"#, 0.98, 2.5),
    format("lsv2_pt_", r#"(?-u)\b(lsv2_pt_[a-f0-9_]{43})\b"#, 0.98, 2.5),
    format("xai-", r#"(?-u)\b(xai-[A-Za-z0-9]{80})\b"#, 0.98, 2.5),
    format("co-", r#"(?-u)\b(co-[A-Za-z0-9]{40})\b"#, 0.7, 3.5),
    format("cfut_", r#"(?-u)\b(cfut_[A-Za-z0-9]{40})\b"#, 0.98, 2.5),
    format("supabase_", r#"(?-u)\b(supabase_[A-Za-z0-9]{40})\b"#, 0.98, 2.5),
    format("sbp_", r#"(?-u)\b(sbp_[a-f0-9]{40})\b"#, 0.98, 2.5),
    format("vercel_", r#"(?-u)\b(vercel_[A-Za-z0-9]{24})\b"#, 0.98, 2.5),
    format("rnd_", r#"(?-u)\b(rnd_[A-Za-z0-9]{28})\b"#, 0.98, 2.5),
    format("ctp_", r#"(?-u)\b(ctp_[A-Za-z0-9]{40})\b"#, 0.98, 2.5),
    format("dckr_pat_", r#"(?-u)\b(dckr_pat_[A-Za-z0-9_-]{27})\b"#, 0.98, 2.5),
    format("AccountKey=", r#"(?-u)\b(AccountKey=[A-Za-z0-9+/=]{60,100})\b"#, 0.98, 2.5),
    format("-----BEGIN", r#"(?s-u)(-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----[\sA-Za-z0-9+/=\\:,.-]{32,8000}?(?:-----END[ A-Z0-9_-]{0,60}-----|$))"#, 0.99, 2.0),
    format("eyJ", r#"(?-u)\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"#, 0.95, 3.0),
    format("://", r#"(?-u)[a-z][a-z0-9+.-]{1,20}://[^\s:/@"'<>]{1,64}:([^\s:/@"'<>\[\]{}]{4,128})@[A-Za-z0-9.-]{3,}"#, 0.9, 2.3),
    format("AccountKey", r#"(?-u)AccountKey\s*[=:]\s*"?([A-Za-z0-9+/]{40,100}={0,2})"#, 0.98, 3.5),
    format("SharedAccessKey", r#"(?-u)SharedAccessKey\s*[=:]\s*"?([A-Za-z0-9+/]{40,100}={0,2})"#, 0.98, 3.5),
    format("sig=", r#"(?-u)[?&]sig=([A-Za-z0-9%+/]{40,120})"#, 0.9, 3.5),
    format("bearer", r#"(?i-u)\bbearer\s{1,3}([a-z0-9_\-.=+/~]{20,400})"#, 0.85, 3.2),
    format("basic ", r#"(?i-u)\bauthorization["\x27]?\s*[:=]\s*["\x27]?basic\s{1,3}([a-z0-9+/]{16,200}={0,2})"#, 0.85, 3.0),
    format("8Q~", r#"(?-u)(?:^|[^A-Za-z0-9~])([A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34})"#, 0.97, 3.0),
    format(":AA", r#"(?-u)\b(\d{8,10}:AA[A-Za-z0-9_-]{33})"#, 0.97, 3.0),
    format("discord.com/api/webhooks/", r#"(?-u)(discord\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80})"#, 0.97, 3.0),
    format("webhook.office.com/", r#"(?-u)(webhook\.office\.com/webhookb2/[a-z0-9@/IncomingWebhook-]{80,200})"#, 0.95, 3.0),
    format("secret", NAMED, 0.85, 3.0),
    format("token", NAMED, 0.85, 3.0),
    format("passw", NAMED, 0.85, 3.0),
    format("api_key", NAMED, 0.85, 3.0),
    format("apikey", NAMED, 0.85, 3.0),
    format("api-key", NAMED, 0.85, 3.0),
    format("api key", NAMED, 0.85, 3.0),
    format("access_key", NAMED, 0.85, 3.0),
    format("accesskey", NAMED, 0.85, 3.0),
    format("access-key", NAMED, 0.85, 3.0),
    format("private_key", NAMED, 0.85, 3.0),
    format("privatekey", NAMED, 0.85, 3.0),
    format("auth_key", NAMED, 0.85, 3.0),
    format("authkey", NAMED, 0.85, 3.0),
    format("credential", NAMED, 0.85, 3.0),
    format("client_key", NAMED, 0.85, 3.0),
    format("encryption_key", NAMED, 0.85, 3.0),
    format("signing_key", NAMED, 0.85, 3.0),
    format("pwd", NAMED, 0.85, 3.0),
    format("passphrase", NAMED, 0.85, 3.0),
    format("subscription-key", NAMED, 0.85, 3.0),
    format("subscription_key", NAMED, 0.85, 3.0),
    format("access_id", NAMED, 0.85, 3.0),
    format("license_key", NAMED, 0.85, 3.0),
];
