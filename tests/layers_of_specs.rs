//! Specs of several files: what they mean together is what the same written into one file means, every value knows its file and line, and
//! nothing but a spec's own files is read or shown.

#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

#[path = "layers_of_specs/commands.rs"]
mod commands;
#[path = "layers_of_specs/generated.rs"]
mod generated;
#[path = "layers_of_specs/merging.rs"]
mod merging;
#[path = "layers_of_specs/tree.rs"]
mod tree;
#[path = "layers_of_specs/unshown.rs"]
mod unshown;

use generated::{Said, chain, together, unset, written};
use testkit::Rng;
use testkit::extent::{Extent, extent};
use tree::{Tree, meaning};

const BASE: &str = "namespace = \"kong\"\nservice_account = \"sa\"\nsecret = \"pat\"\npat_env = \"PAT\"\n";

/// The way from one folder to another.
fn way(from: &str, to: &str) -> String {
    let up = from.split('/').filter(|step| !step.is_empty()).map(|_| "../").collect::<String>();
    if to.is_empty() { up } else { format!("{up}{to}/") }
}

#[test]
fn a_chain_means_what_is_written_into_one_file() {
    let rounds = match extent() {
        Extent::Quick => 150,
        Extent::Usual => 600,
        Extent::Long => 20_000,
    };
    for seed in 0..rounds {
        let mut rng = Rng::new(seed);
        let length = 1 + rng.index(5);
        let tree = Tree::new();
        let files = chain(&mut rng, length);
        let name = |i: usize| match files[i].folder {
            "" => format!("base{i}.toml"),
            folder => format!("{folder}/{}{i}.toml", if i == 0 { "spec" } else { "base" }),
        };
        let mut whole = Said::new();
        for (i, file) in files.iter().enumerate().rev() {
            let extends = files.get(i + 1).map(|next| {
                let named = format!("{}base{}.toml", way(file.folder, next.folder), i + 1);
                format!("extends = \"{named}\"\n")
            });
            let template = if i > 0 && rng.one_in(2) { "template = true\n" } else { "" };
            let text = written(&file.said, &mut rng);
            tree.write(&name(i), format!("{}{}{template}{text}", extends.unwrap_or_default(), unset(&file.unset)));
            // In one file, each path starts at the folder of that file.
            let mut said = file.said.clone();
            for path in [&["pat_file"][..], &["cluster", "kubeconfig"]] {
                if let Some(value) = said.get_mut(path) {
                    *value = tree.path(file.folder).join(&*value).display().to_string();
                }
            }
            whole = together(whole, &said, &file.unset);
        }
        let spec = tree.spec(&name(0));
        tree.write("envs/whole.toml", written(&whole, &mut rng));
        assert_eq!(meaning(&spec), meaning(&tree.spec("envs/whole.toml")), "{seed}: {}", tree.effective(&name(0)));
        assert_eq!(spec.layers.len(), length, "{seed}");

        // What is shown is a spec, and the same one: in the place of the first.
        let effective = tree.effective(&name(0));
        tree.write("envs/effective.toml", &effective);
        let again = tree.spec("envs/effective.toml");
        assert_eq!(
            (&spec.objects, spec.manage_namespace, &spec.pat, &spec.cluster),
            (&again.objects, again.manage_namespace, &again.pat, &again.cluster),
            "{seed}: {effective}"
        );
        assert!(!effective.contains(['\u{202e}', '\t']) && !effective.contains("##["), "{seed}: {effective}");
        origins_are_right(&tree, &effective);
    }
}

/// Each value stands where the comment behind it says.
fn origins_are_right(tree: &Tree, effective: &str) {
    let mut table = String::new();
    for line in effective.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']').to_owned();
            continue;
        }
        let (value, origin) = line.rsplit_once("  # ").expect("an origin");
        let (file, number) = origin.rsplit_once(':').expect("a line");
        let text = std::fs::read_to_string(tree.path(file)).unwrap_or_else(|_| panic!("{line}"));
        let there = text.lines().nth(number.parse::<usize>().expect("a number") - 1).unwrap_or_else(|| panic!("{line}"));
        let key = value.split(" = ").next().expect("a key").trim_matches('"');
        // A name alone stands under its object's key.
        let object = table.split('.').next().unwrap_or_default();
        assert!(there.contains(key) || (key == "name" && there.starts_with(object)), "{line}\n{there}");
    }
}

#[test]
fn as_many_as_four_and_no_circle() {
    let tree = Tree::new();
    for length in 1..=5 {
        // The last one extends the first.
        for i in 0..length {
            tree.write(&format!("{length}/{i}.toml"), format!("extends = \"{}.toml\"\n{BASE}", (i + 1) % length));
        }
        let errors = tree.errors(&format!("{length}/0.toml"));
        let circle: Vec<String> = (0..=length).map(|i| format!("{length}/{}.toml", i % length)).collect();
        let expected = format!("{length}/{}.toml:1:11: this goes round in a circle: {}", length - 1, circle.join(" extends "));
        assert!(errors.len() == 1 && errors[0].starts_with(&expected), "{errors:?}");
    }
    // A circle that the spec is not in.
    tree.write("t/0.toml", format!("extends = \"1.toml\"\n{BASE}"));
    tree.write("t/1.toml", "extends = \"2.toml\"\n");
    tree.write("t/2.toml", "extends = \"./../t/1.toml\"\n");
    assert!(tree.errors("t/0.toml")[0].contains("t/1.toml extends t/2.toml extends t/1.toml"), "{:?}", tree.errors("t/0.toml"));

    for i in 0..6 {
        tree.write(&format!("deep/{i}.toml"), format!("extends = \"{}.toml\"\n", i + 1));
    }
    tree.write("deep/4.toml", BASE);
    assert_eq!(tree.spec("deep/0.toml").layers.len(), 5);
    tree.write("deep/4.toml", "extends = \"5.toml\"\n");
    tree.write("deep/5.toml", BASE);
    let errors = tree.errors("deep/0.toml");
    assert!(errors.len() == 1 && errors[0].starts_with("deep/4.toml:1:11: this is one file too many"), "{errors:?}");
    assert_eq!(tree.spec("deep/1.toml").layers.len(), 5);
}

#[test]
fn what_lies_outside_is_not_read() {
    let tree = Tree::new();
    tree.write("base.toml", BASE);
    tree.write("repo/base.toml", BASE);
    tree.write("repo/envs/up.toml", "extends = \"../base.toml\"\n");
    tree.write("repo/envs/out.toml", "extends = \"../../base.toml\"\n");
    assert_eq!(tree.spec("repo/envs/out.toml").layers.len(), 2);
    // A repository of its own is nearer: a folder, and a file in a worktree.
    for kind in ["folder", "file"] {
        if kind == "folder" {
            std::fs::create_dir(tree.path("repo/.git")).expect("a folder");
        } else {
            std::fs::remove_dir(tree.path("repo/.git")).expect("gone");
            tree.write("repo/.git", "gitdir: elsewhere\n");
        }
        assert_eq!(tree.spec("repo/envs/up.toml").layers.len(), 2);
        let errors = tree.errors("repo/envs/out.toml");
        assert!(
            errors[0].contains("../../base.toml is outside ") && errors[0].contains("the repository of the spec"),
            "{errors:?}"
        );
        let absolute = format!("extends = \"{}\"\n", tree.path("repo/base.toml").display());
        tree.write("repo/envs/absolute.toml", absolute);
        assert_eq!(tree.spec("repo/envs/absolute.toml").layers.len(), 2);
    }
    std::fs::remove_file(tree.path("repo/.git")).expect("gone");
    std::fs::remove_dir(tree.path(".git")).expect("gone");
    let errors = tree.errors("repo/envs/up.toml");
    assert!(errors[0].contains("the folder of the spec (there is no `.git` above it)"), "{errors:?}");
    tree.write("repo/envs/base.toml", BASE);
    tree.write("repo/envs/beside.toml", "extends = \"base.toml\"\n");
    assert_eq!(tree.spec("repo/envs/beside.toml").layers.len(), 2);
}

#[test]
fn links_are_followed_before_bounds_and_circles_are_looked_at() {
    let outside = Tree::new();
    outside.write("secret.toml", BASE);
    let tree = Tree::new();
    let elsewhere = outside.path("");
    tree.link(elsewhere.to_str().expect("UTF-8"), "elsewhere");
    tree.link(outside.path("secret.toml").to_str().expect("UTF-8"), "base.toml");
    for (name, extends) in [("folder.toml", "elsewhere/secret.toml"), ("file.toml", "base.toml")] {
        tree.write(name, format!("extends = \"{extends}\"\n"));
        let errors = tree.errors(name);
        assert!(errors[0].contains(&format!("{extends} is outside")), "{errors:?}");
    }
    tree.link("b.toml", "a.toml");
    tree.link("a.toml", "b.toml");
    tree.write("loop.toml", format!("extends = \"a.toml\"\n{BASE}"));
    assert!(tree.errors("loop.toml")[0].starts_with("loop.toml:1:11: a.toml: can't be read"), "{:?}", tree.errors("loop.toml"));
    // The spec itself, under another name.
    tree.write("self.toml", format!("extends = \"other.toml\"\n{BASE}"));
    tree.link("self.toml", "other.toml");
    assert!(tree.errors("self.toml")[0].contains("in a circle: self.toml extends self.toml"), "{:?}", tree.errors("self.toml"));

    // As in a ConfigMap's volume, where every file is a link; and a relative path starts where the link is.
    tree.write("volume/..2026/spec.toml", "extends = \"base.toml\"\n");
    tree.write("volume/..2026/base.toml", BASE.replace("pat_env = \"PAT\"", "pat_file = \"token\""));
    tree.link("..2026", "volume/..data");
    tree.link("..data/spec.toml", "volume/spec.toml");
    tree.link("..data/base.toml", "volume/base.toml");
    std::fs::remove_dir(tree.path(".git")).expect("gone");
    let spec = tree.spec("volume/spec.toml");
    let konnect::pat::PatKey::File(_, token) = spec.pat.expect("a file") else { panic!("a file") };
    assert_eq!(token, tree.path("volume/token"));
    // `..` leads out of the folder that a link leads to, as everywhere.
    tree.write("volume/deep/down/spec.toml", BASE);
    tree.write("volume/deep/base.toml", BASE);
    tree.link("deep/down", "volume/short");
    tree.write("volume/by.toml", "extends = \"short/../base.toml\"\n");
    let effective = tree.effective("volume/by.toml");
    assert!(effective.contains("volume/short/../base.toml:1"), "{effective}");
}

#[test]
fn the_files_of_a_digest_are_all_of_them() {
    let tree = Tree::new();
    let digest = |spec: &str, base: &str| {
        tree.write("spec.toml", spec);
        tree.write("base.toml", base);
        tree.spec("spec.toml").digest()
    };
    let extends = "extends = \"base.toml\"\n";
    let all = [
        digest(extends, BASE),
        digest(extends, &format!("{BASE}# a comment\n")),
        digest(&format!("{extends}# a comment\n"), BASE),
        digest(extends, &format!("# a comment\n{BASE}")),
        digest(&format!("{extends}{BASE}"), ""),
        digest(BASE, ""),
    ];
    for (i, one) in all.iter().enumerate() {
        assert!(one.starts_with("sha256:") && !all[..i].contains(one), "{i}");
    }
    assert_eq!(digest(extends, BASE), all[0]);
}
