//! Blocks of columns as the server sends them: the cheapest way for millions of rows.
//!
//! The format is `Native`, of which these types are read: numbers of eight bytes (`UInt64`, `Int64`
//! and `DateTime64`, which is a number of its unit), and texts of a small set,
//! `LowCardinality(String)`, which come as a list of the different ones and a place in it for each
//! row; and a column of lists of numbers, `Array(UInt64)`, which comes as where each of them ends and
//! all their numbers. Columns are taken as a whole. The client's own reader of the format turns value
//! by value: four million rows of three numbers take it and us 125 ms of CPU, and 45 so.

use crate::connection::{GRACE, QUESTION, within};
use crate::{Connection, Error, Statement};
use bytes::{Buf as _, Bytes};
use clickhouse::error::Error as ClientError;
use clickhouse::query::BytesCursor;

/// Rows of `N` columns of numbers, and of one more of texts where there is one.
#[derive(Debug)]
pub struct Block<const N: usize> {
    /// The columns of numbers, in their order, all of one length. What is signed has the bits that it
    /// has as `i64`.
    pub numbers: [Vec<u64>; N],
    /// The different texts of the block.
    pub texts: Vec<String>,
    /// Of each row the place of its text among them; nothing where there is no such column.
    pub places: Vec<u16>,
}

impl<const N: usize> Block<N> {
    /// The columns of numbers.
    pub fn columns(&self) -> [&[u64]; N] {
        self.numbers.each_ref().map(Vec::as_slice)
    }
}

impl Connection {
    /// Asks for rows of `N` columns of numbers and at most one of texts, and takes them block by
    /// block.
    ///
    /// # Errors
    /// When the server refuses or is away, or when there are other columns.
    pub async fn each_block<const N: usize>(
        &self,
        statement: &Statement,
        mut take: impl FnMut(&Block<N>),
    ) -> Result<(), Error> {
        within(QUESTION + GRACE, async {
            let mut reader = Reader::new(self.question(statement).fetch_bytes("Native")?);
            let mut block =
                Block { numbers: [const { Vec::new() }; N], texts: Vec::new(), places: Vec::new() };
            while reader.read(&mut block).await? {
                take(&block);
            }
            Ok(())
        })
        .await
    }

    /// Asks for rows of one column of lists of numbers, an `Array(UInt64)`, and takes them one by one,
    /// so that they need not fit into memory together.
    ///
    /// # Errors
    /// When the server refuses or is away, or when there are other columns.
    pub async fn each_array(
        &self,
        statement: &Statement,
        mut take: impl FnMut(&[u64]),
    ) -> Result<(), Error> {
        within(QUESTION + GRACE, async {
            let mut reader = Reader::new(self.question(statement).fetch_bytes("Native")?);
            let mut lists = Lists::default();
            while reader.read_lists(&mut lists).await? {
                lists.each().for_each(&mut take);
            }
            Ok(())
        })
        .await
    }
}

/// Rows of one column of lists of numbers.
#[derive(Debug, Default)]
struct Lists {
    /// Where each of them ends, and the next one begins.
    ends: Vec<u64>,
    /// The numbers of all, one list after the other.
    numbers: Vec<u64>,
}

impl Lists {
    fn each(&self) -> impl Iterator<Item = &[u64]> {
        let begins = [0].iter().chain(&self.ends);
        begins.zip(&self.ends).map(|(begin, end)| &self.numbers[*begin as usize..*end as usize])
    }
}

/// Where bytes come from.
trait Source {
    /// The next ones; none after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, ClientError>;
}

impl Source for BytesCursor {
    async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        Self::next(self).await
    }
}

/// Reads blocks, wherever the pieces end in which they come.
struct Reader<S> {
    source: S,
    /// What was not read yet of the last piece.
    chunk: Bytes,
}

/// The version of texts of a small set.
const TEXTS_VERSION: u64 = 1;
/// That the texts are sent with the block, and are all that it has.
const TEXTS_FLAGS: u64 = 0x600;

impl<S: Source> Reader<S> {
    const fn new(source: S) -> Self {
        Self { source, chunk: Bytes::new() }
    }

    /// How many columns and rows the next block has; none after the last.
    async fn begin(&mut self) -> Result<Option<(usize, usize)>, ClientError> {
        match self.is_more().await? {
            true => Ok(Some((self.length().await?, self.length().await?))),
            false => Ok(None),
        }
    }

    /// Reads the next block of lists in place of the last one; `false` after the last.
    async fn read_lists(&mut self, lists: &mut Lists) -> Result<bool, ClientError> {
        let Some((n_columns, n_rows)) = self.begin().await? else { return Ok(false) };
        if n_columns != 1 {
            return Err(unlike("not one column"));
        }
        self.text().await?;
        let of = self.text().await?;
        if of != "Array(UInt64)" {
            return Err(unlike(&of));
        }
        self.numbers(n_rows, &mut lists.ends).await?;
        if !lists.ends.is_sorted() {
            return Err(unlike("a list that ends before it begins"));
        }
        let n = lists.ends.last().copied().unwrap_or(0);
        self.numbers(n as usize, &mut lists.numbers).await?;
        Ok(true)
    }

    /// Reads the next block in place of the last one; `false` after the last.
    async fn read<const N: usize>(&mut self, block: &mut Block<N>) -> Result<bool, ClientError> {
        let Some((n_columns, n_rows)) = self.begin().await? else { return Ok(false) };
        block.texts.clear();
        block.places.clear();
        let mut numbers = block.numbers.iter_mut();
        let mut n_texts = 0;
        for _ in 0..n_columns {
            self.text().await?;
            let of = self.text().await?;
            match of.as_str() {
                "UInt64" | "Int64" | "DateTime64(3)" => {
                    let column = numbers.next().ok_or_else(|| unlike("too many numbers"))?;
                    self.numbers(n_rows, column).await?;
                }
                "LowCardinality(String)" if n_texts == 0 => {
                    n_texts += 1;
                    if n_rows > 0 {
                        self.texts(n_rows, &mut block.texts, &mut block.places).await?;
                    }
                }
                _ => return Err(unlike(&of)),
            }
        }
        match numbers.next() {
            None => Ok(true),
            Some(_) => Err(unlike("too few numbers")),
        }
    }

    /// Whether there is another byte.
    async fn is_more(&mut self) -> Result<bool, ClientError> {
        while self.chunk.is_empty() {
            let Some(chunk) = self.source.next().await? else { return Ok(false) };
            self.chunk = chunk;
        }
        Ok(true)
    }

    async fn byte(&mut self) -> Result<u8, ClientError> {
        match self.is_more().await? {
            true => Ok(self.chunk.get_u8()),
            false => Err(ClientError::NotEnoughData),
        }
    }

    /// A number of seven bits a byte, the lowest first.
    async fn length(&mut self) -> Result<usize, ClientError> {
        let mut all = 0;
        for n in 0..9 {
            let byte = self.byte().await?;
            all |= usize::from(byte & 0x7f) << (7 * n);
            if byte < 0x80 {
                return Ok(all);
            }
        }
        Err(unlike("a length of more than nine bytes"))
    }

    async fn text(&mut self) -> Result<String, ClientError> {
        let n = self.length().await?;
        let mut text = Vec::new();
        while text.len() < n {
            if !self.is_more().await? {
                return Err(ClientError::NotEnoughData);
            }
            let piece = self.chunk.split_to(self.chunk.len().min(n - text.len()));
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).map_err(|error| unlike(&error.to_string()))
    }

    async fn number(&mut self) -> Result<u64, ClientError> {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte().await?;
        }
        Ok(u64::from_le_bytes(bytes))
    }

    async fn numbers(&mut self, n: usize, column: &mut Vec<u64>) -> Result<(), ClientError> {
        column.clear();
        while column.len() < n {
            let n_whole = (self.chunk.len() / size_of::<u64>()).min(n - column.len());
            // A number may begin in one piece and end in another.
            if n_whole == 0 {
                column.push(self.number().await?);
                continue;
            }
            let piece = self.chunk.split_to(n_whole * size_of::<u64>());
            let (whole, _) = piece.as_chunks();
            column.extend(whole.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        }
        Ok(())
    }

    async fn texts(
        &mut self,
        n_rows: usize,
        texts: &mut Vec<String>,
        places: &mut Vec<u16>,
    ) -> Result<(), ClientError> {
        if self.number().await? != TEXTS_VERSION {
            return Err(unlike("texts of another version"));
        }
        let width = match self.number().await?.checked_sub(TEXTS_FLAGS) {
            Some(0) => 1,
            Some(1) => 2,
            _ => return Err(unlike("too many different texts")),
        };
        for _ in 0..self.number().await? {
            texts.push(self.text().await?);
        }
        if self.number().await? != n_rows as u64 {
            return Err(unlike("another number of texts"));
        }
        while places.len() < n_rows {
            let n_whole = (self.chunk.len() / width).min(n_rows - places.len());
            if n_whole == 0 {
                let low = u16::from(self.byte().await?);
                let high = if width == 2 { u16::from(self.byte().await?) } else { 0 };
                places.push(low | high << 8);
                continue;
            }
            let piece = self.chunk.split_to(n_whole * width);
            match width {
                1 => places.extend(piece.iter().copied().map(u16::from)),
                _ => {
                    let (whole, _) = piece.as_chunks();
                    places.extend(whole.iter().map(|bytes| u16::from_le_bytes(*bytes)));
                }
            }
        }
        match places.iter().all(|place| usize::from(*place) < texts.len()) {
            true => Ok(()),
            false => Err(unlike("a text that is not there")),
        }
    }
}

fn unlike(what: &str) -> ClientError {
    ClientError::SchemaMismatch(format!("`{what}` in a block of numbers and texts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pieces(Vec<Bytes>);

    impl Source for Pieces {
        async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
            Ok(self.0.pop())
        }
    }

    fn named(name: &str, of: &str) -> Vec<u8> {
        [&[name.len() as u8], name.as_bytes(), &[of.len() as u8], of.as_bytes()].concat()
    }

    fn numbers(all: &[u64]) -> Vec<u8> {
        all.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Two blocks: of 200 rows, and of two.
    fn sent() -> Vec<u8> {
        let many: Vec<u64> = (0..200).map(|n| n * 0x0123_4567_89ab).collect();
        let mut sent = [vec![3, 0xc8, 1], named("whose", "UInt64"), numbers(&many)].concat();
        sent.extend([named("feature", "LowCardinality(String)"), numbers(&[1, 0x600, 3])].concat());
        sent.extend([&[0, 2], b"ab".as_slice(), &[1], b"c", &numbers(&[200])].concat());
        sent.extend((0..200).map(|n| n % 3));
        sent.extend([named("at", "DateTime64(3)"), numbers(&many)].concat());
        sent.extend([vec![3, 2], named("whose", "UInt64"), numbers(&[7, 8])].concat());
        sent.extend([named("at", "Int64"), numbers(&[u64::MAX, 9])].concat());
        let feature = [named("feature", "LowCardinality(String)"), numbers(&[1, 0x601, 1])];
        sent.extend(feature.concat());
        sent.extend([&[1], b"d".as_slice(), &numbers(&[2]), &[0, 0, 0, 0]].concat());
        sent
    }

    async fn read<const N: usize>(pieces: &[&[u8]]) -> Result<Vec<Block<N>>, ClientError> {
        let pieces = pieces.iter().rev().map(|piece| Bytes::copy_from_slice(piece));
        let mut reader = Reader::new(Pieces(pieces.collect()));
        let mut blocks = Vec::new();
        loop {
            let (texts, places) = (Vec::new(), Vec::new());
            let mut block = Block { numbers: [const { Vec::new() }; N], texts, places };
            if !reader.read(&mut block).await? {
                return Ok(blocks);
            }
            blocks.push(block);
        }
    }

    #[tokio::test]
    async fn blocks_are_the_same_wherever_their_pieces_end() {
        let sent = sent();
        let all = format!("{:?}", read::<2>(&[&sent]).await.unwrap());
        let [first, second] = &read::<2>(&[&sent]).await.unwrap()[..] else { panic!("{all}") };
        assert_eq!(first.numbers[0][199], 199 * 0x0123_4567_89ab);
        assert_eq!(
            (first.numbers[1].len(), first.places[199], first.texts.join("|")),
            (200, 1, "|ab|c".to_owned())
        );
        assert_eq!(
            (&second.numbers, &second.places),
            (&[vec![7, 8], vec![u64::MAX, 9]], &vec![0, 0])
        );
        for size in [1, 3, 7, 8, 13, 64] {
            let pieces: Vec<&[u8]> = sent.chunks(size).collect();
            assert_eq!(format!("{:?}", read::<2>(&pieces).await.unwrap()), all, "{size}");
        }
    }

    #[tokio::test]
    async fn what_ends_early_or_is_something_else_is_an_error() {
        let sent = sent();
        for n in (1..sent.len()).step_by(97) {
            let is_whole = read::<2>(&[&sent[..n]]).await.is_ok();
            assert!(!is_whole, "{n}");
        }
        assert!(read::<1>(&[&sent]).await.is_err() && read::<3>(&[&sent]).await.is_err());
        let narrow = [vec![1, 1], named("n", "UInt32"), vec![1, 0, 0, 0]].concat();
        let error = read::<1>(&[&narrow]).await.unwrap_err().to_string();
        assert!(error.contains("`UInt32`"), "{error}");
        assert!(read::<1>(&[]).await.unwrap().is_empty());
    }

    async fn read_lists(pieces: &[&[u8]]) -> Result<Vec<Vec<u64>>, ClientError> {
        let pieces = pieces.iter().rev().map(|piece| Bytes::copy_from_slice(piece));
        let mut reader = Reader::new(Pieces(pieces.collect()));
        let (mut lists, mut all) = (Lists::default(), Vec::new());
        while reader.read_lists(&mut lists).await? {
            all.extend(lists.each().map(<[u64]>::to_vec));
        }
        Ok(all)
    }

    fn lists(n_rows: u8, ends: &[u64], of: &[u64]) -> Vec<u8> {
        [vec![1, n_rows], named("lists", "Array(UInt64)"), numbers(ends), numbers(of)].concat()
    }

    #[tokio::test]
    async fn lists_are_the_same_wherever_their_pieces_end() {
        let none = lists(0, &[], &[]);
        let sent = [none, lists(3, &[2, 2, 3], &[7, u64::MAX, 9]), lists(1, &[1], &[5])].concat();
        let expected = [vec![7, u64::MAX], vec![], vec![9], vec![5]];
        for size in [1, 3, 8, 13, sent.len()] {
            let pieces: Vec<&[u8]> = sent.chunks(size).collect();
            assert_eq!(read_lists(&pieces).await.unwrap(), expected, "{size}");
        }
        assert!(read_lists(&[]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn lists_that_end_early_or_are_something_else_are_an_error() {
        let sent = lists(2, &[1, 2], &[7, 8]);
        for n in 1..sent.len() {
            assert!(read_lists(&[&sent[..n]]).await.is_err(), "{n}");
        }
        assert!(read_lists(&[&lists(2, &[2, 1], &[7, 8])]).await.is_err());
        let number = [vec![1, 1], named("n", "UInt64"), numbers(&[1])].concat();
        let error = read_lists(&[&number]).await.unwrap_err().to_string();
        assert!(error.contains("`UInt64`"), "{error}");
        assert!(read_lists(&[&[vec![2, 1], sent].concat()]).await.is_err());
    }
}
