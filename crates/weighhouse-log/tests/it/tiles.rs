//! Tiles and bundles: their names, which there are, and their bytes however the log grew.

use proptest::prelude::*;
use weighhouse_log::bundle::{self, Bundle, BundleError};
use weighhouse_log::testkit::MemoryLog;
use weighhouse_log::tile::{self, Tile, TileSet};
use weighhouse_log::tree::{Frontier, Hash, MAX_SIZE, TreeError};

/// RFC 6962, section 2.1, word for word.
pub(crate) fn direct(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_empty_tree(),
        [leaf] => *leaf,
        _ => {
            let cut = 1 << (leaves.len() - 1).ilog2();
            Hash::node(direct(&leaves[..cut]), direct(&leaves[cut..]))
        }
    }
}

pub(crate) fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

pub(crate) fn grow(sizes: &[u64]) -> MemoryLog {
    let mut log = MemoryLog::default();
    for size in sizes {
        let new = log.frontier.size()..*size;
        log.append(new.map(entry)).unwrap();
    }
    log
}

fn paths(tiles: &[Tile]) -> Vec<String> {
    tiles.iter().map(|tile| tile.path()).collect()
}

#[test]
fn a_tree_of_70000_has_the_tiles_that_the_specification_counts() {
    let tiles = tile::grown(0, 70_000);
    let of = |level: u8, full: bool| {
        tiles.iter().filter(|tile| tile.level() == level && (tile.width() == 256) == full).count()
    };
    assert_eq!((of(0, true), of(0, false), of(1, true), of(1, false), of(2, false)), (273, 1, 1, 1, 1));
    assert_eq!(tiles.len(), 277);
    assert_eq!(paths(&tile::edge(70_000)), ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(paths(&tile::grown(0, 256)), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(&tile::edge(256)), ["tile/1/000.p/1"]);
}

#[test]
fn only_what_is_new_is_written() {
    assert_eq!(paths(&tile::grown(70_000, 70_001)), ["tile/0/273.p/113"]);
    assert_eq!(paths(&tile::grown(70_000, 70_144)), ["tile/0/273", "tile/1/001.p/18"]);
    assert_eq!(
        paths(&tile::grown(255, 513)),
        ["tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2"]
    );
    assert!(tile::grown(5, 5).is_empty() && tile::grown(6, 5).is_empty() && tile::edge(0).is_empty());
    let bundles: Vec<String> = bundle::grown(255, 513).map(Bundle::path).collect();
    assert_eq!(bundles, ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"]);
    assert_eq!(bundle::grown(256, 256).count(), 0);
    assert_eq!(bundle::all(513).last().unwrap().entries(), 512..513);
}

#[test]
fn names_are_read_as_they_are_written() {
    for path in ["tile/0/000", "tile/7/x001/x234/067.p/255", "tile/63/000.p/1"] {
        assert_eq!(path.parse::<Tile>().unwrap().path(), path);
    }
    assert_eq!("tile/entries/x001/000.p/9".parse(), Ok(Bundle::new(1000, 9).unwrap()));
    for wrong in [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/000.p/256",
        "/tile/0/000",
        "tile/-1/000",
        "tile/0/../../etc",
    ] {
        assert_eq!(wrong.parse::<Tile>(), Err(TreeError::Path(wrong.to_owned())));
    }
    for wrong in ["tile/0/000", "tile/entries/", "tile/entries/000.p/0", "tile/entries/000/"] {
        assert!(wrong.parse::<Bundle>().is_err(), "{wrong}");
    }
}

#[test]
fn the_largest_tree_has_tiles_too() {
    assert_eq!(tile::edge(MAX_SIZE).len(), 8);
    assert_eq!(tile::grown(MAX_SIZE - 1, MAX_SIZE).len(), 1);
    assert!(Frontier::from_bytes(&[&MAX_SIZE.to_be_bytes()[..], &[7; 63 * 32]].concat()).is_ok());
    let mut full = Frontier::from_bytes(&[&MAX_SIZE.to_be_bytes()[..], &[7; 63 * 32]].concat()).unwrap();
    assert_eq!(full.append(Hash::of_empty_tree()), Err(TreeError::TooLarge));
    assert_eq!(Frontier::from_bytes(&[0xff; 8 + 64 * 32]), Err(TreeError::Frontier));
    assert_eq!(Frontier::from_bytes(&[0; 7]), Err(TreeError::Frontier));
}

#[test]
fn a_tree_is_not_continued_on_tiles_that_were_changed() {
    let log = grow(&[300]);
    let leaves = [Hash::leaf(b"next")];
    let edge = tile::edge(300);
    let sound = log.read(&edge).unwrap();
    assert!(tile::append(&log.frontier, &sound, &leaves).is_ok());
    for wrong in &edge {
        let mut tiles = TileSet::new();
        for tile in &edge {
            let mut bytes = log.tiles[tile].clone();
            if tile == wrong {
                let place = 40 % bytes.len();
                bytes[place] ^= 1;
            }
            tiles.insert(*tile, &bytes).unwrap();
        }
        assert_eq!(tile::append(&log.frontier, &tiles, &leaves), Err(TreeError::Edge), "{wrong}");
    }
    let missing = tile::append(&log.frontier, &TileSet::new(), &leaves);
    assert!(matches!(missing, Err(TreeError::Missing(_))), "{missing:?}");
    let short = TileSet::new().insert(edge[0], &[0; 31]);
    assert!(matches!(short, Err(TreeError::Length { found: 31, .. })), "{short:?}");
}

#[test]
fn a_full_tile_serves_where_a_partial_one_is_gone() {
    let log = grow(&[300, 600]);
    let old = Frontier::from_bytes(&grow(&[300]).frontier.to_bytes()).unwrap();
    let mut tiles = TileSet::new();
    for tile in tile::edge(300) {
        let whole = Tile::new(tile.level(), tile.index(), 256).filter(|whole| log.tiles.contains_key(whole));
        let tile = whole.unwrap_or(tile);
        tiles.insert(tile, &log.tiles[&tile]).unwrap();
    }
    assert_eq!(weighhouse_log::tree::root(300, &tiles), Ok(old.root()));
}

#[test]
fn bundles_are_read_to_the_last_byte() {
    let longest = vec![7; bundle::MAX_ENTRY];
    let entries: [&[u8]; 3] = [b"one", b"", &longest];
    let bytes = bundle::encode(entries).unwrap();
    assert_eq!(bytes[..8], *b"\0\x03one\0\0\xff");
    assert_eq!(bundle::decode(&bytes, 3).unwrap(), entries);
    assert_eq!(bundle::decode(&bytes, 2), Err(BundleError::Rest(65_537)));
    assert_eq!(bundle::decode(&bytes, 4), Err(BundleError::Cut(3)));
    for end in 0..8 {
        assert!(matches!(bundle::decode(&bytes[..end], 3), Err(BundleError::Cut(_))), "{end}");
    }
    assert_eq!(bundle::encode([vec![0; 65_536]]), Err(BundleError::Long(65_536)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However a log grew, its tiles are the same, are those of the definition, and its root is that of RFC 6962.
    #[test]
    fn growth_does_not_show(mut sizes in prop::collection::vec(0_u64..1_500, 1..6)) {
        sizes.sort_unstable();
        let size = *sizes.last().unwrap();
        let steps = grow(&sizes);
        let at_once = grow(&[size]);
        prop_assert_eq!(steps.files(), at_once.files());
        prop_assert_eq!(&steps.frontier, &at_once.frontier);
        let leaves: Vec<Hash> = (0..size).map(|number| Hash::leaf(&entry(number))).collect();
        prop_assert_eq!(steps.frontier.root(), direct(&leaves));
        for (tile, bytes) in &at_once.tiles {
            let span = 256_usize.pow(u32::from(tile.level()));
            let first = usize::try_from(tile.index()).unwrap() * 256;
            let expected: Vec<u8> = (first..first + usize::from(tile.width()))
                .flat_map(|place| *direct(&leaves[place * span..(place + 1) * span]).as_bytes())
                .collect();
            prop_assert_eq!(bytes, &expected);
        }
        let names: Vec<Tile> = at_once.tiles.keys().copied().collect();
        prop_assert_eq!(names, tile::grown(0, size));
        prop_assert_eq!(Frontier::from_bytes(&steps.frontier.to_bytes()), Ok(steps.frontier.clone()));
    }
}
