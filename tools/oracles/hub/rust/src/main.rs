//! Two versions of the Rust client, one request each run: `hub-clients 0.5|1.0 VERB REPOSITORY REVISION [PATH]`.
//!
//! Endpoint, token and cache come from `HF_ENDPOINT`, `HF_TOKEN` and `HF_HOME`. Prints one line of JSON: what was obtained, or the error
//! as a program that uses the client would show it.

use std::env;
use std::error::Error;

type Outcome = Result<Vec<String>, Box<dyn Error>>;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["0.5", rest @ ..] => old(rest),
        ["1.0", rest @ ..] => new(rest),
        _ => Err("usage: hub-clients 0.5|1.0 VERB REPOSITORY REVISION [PATH]".into()),
    };
    match outcome {
        Ok(value) => println!("{}", list("value", &value)),
        Err(error) => println!("{}", list("error", &[chain(error.as_ref())])),
    }
}

fn old(words: &[&str]) -> Outcome {
    use hf_hub_0::api::sync::ApiBuilder;
    use hf_hub_0::{Repo, RepoType};
    let token = env::var("HF_TOKEN").ok();
    let api = ApiBuilder::from_env().with_progress(false).with_retries(3).with_token(token).build()?;
    let repo = |name: &str, revision: &str| {
        api.repo(Repo::with_revision(name.to_owned(), RepoType::Model, revision.to_owned()))
    };
    match words {
        ["file", name, revision, path] => Ok(vec![repo(name, revision).get(path)?.display().to_string()]),
        ["snapshot", name, revision] => {
            let repo = repo(name, revision);
            let files = repo.info()?.siblings.into_iter();
            files.map(|file| Ok(repo.get(&file.rfilename)?.display().to_string())).collect()
        }
        _ => Err("the client cannot do this".into()),
    }
}

fn new(words: &[&str]) -> Outcome {
    let client = hf_hub_1::HFClientBuilder::new().build_sync()?;
    let repo = |name: &str| {
        let (owner, name) = name.split_once('/').unwrap_or(("", name));
        client.model(owner, name)
    };
    match words {
        ["file", name, revision, path] => {
            let got = repo(name).download_file().filename(*path).revision(*revision).send()?;
            Ok(vec![got.display().to_string()])
        }
        ["snapshot", name, revision] => {
            let folder = repo(name).snapshot_download().revision(*revision).send()?;
            let tree = repo(name).list_tree().revision(*revision).recursive(true).send()?;
            let mut files = Vec::new();
            for entry in tree {
                if let hf_hub_1::repository::RepoTreeEntry::File { path, .. } = entry {
                    files.push(folder.join(path).display().to_string());
                }
            }
            Ok(files)
        }
        ["whoami"] => Ok(vec![client.whoami().send()?.username]),
        ["commits", name, revision] => {
            let commits = repo(name).list_commits().revision(*revision).send()?;
            Ok(commits.into_iter().map(|commit| commit.id).collect())
        }
        ["refs", name] => {
            let refs = repo(name).list_refs().send()?;
            Ok(refs.branches.into_iter().map(|branch| branch.name).collect())
        }
        ["paths", name, revision, path] => {
            let entries = repo(name).get_paths_info().paths(vec![(*path).to_owned()]).revision(*revision).send()?;
            Ok(vec![entries.len().to_string()])
        }
        ["search", word] => {
            let models = client.list_models().search(*word).send()?;
            Ok(models.into_iter().map(|model| model.id).collect())
        }
        _ => Err("the client cannot do this".into()),
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        if !text.contains(&cause.to_string()) {
            text = format!("{text}: {cause}");
        }
        next = cause.source();
    }
    text
}

fn list(key: &str, values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
    format!("{{\"{key}\": [{}]}}", quoted.join(", "))
}

fn quote(text: &str) -> String {
    let escaped = text.chars().flat_map(|character| match character {
        '"' | '\\' => vec!['\\', character],
        '\n' => vec!['\\', 'n'],
        character if character.is_control() => vec![' '],
        character => vec![character],
    });
    format!("\"{}\"", escaped.collect::<String>())
}
