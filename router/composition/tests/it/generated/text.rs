//! A set of subgraphs as blocks of lines, so that defects can be put in and what does not matter
//! can be taken out

use router_composition::SubgraphInput;

/// A definition: its head, and its members when it has a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) head: String,
    pub(crate) members: Vec<String>,
}

impl Block {
    pub(crate) fn new(head: impl Into<String>, members: Vec<String>) -> Self {
        Self {
            head: head.into(),
            members,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sub {
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(pub(crate) Vec<Sub>);

impl Set {
    pub(crate) fn inputs(&self) -> Vec<SubgraphInput> {
        self.0
            .iter()
            .map(|sub| SubgraphInput {
                name: sub.name.clone(),
                url: format!("http://{}.local/", sub.name),
                sdl: sub.sdl(),
            })
            .collect()
    }

    /// All lines: subgraph, block, and member when it is not the head.
    pub(crate) fn lines(&self) -> Vec<(usize, usize, Option<usize>)> {
        let mut out = Vec::new();
        for (at, sub) in self.0.iter().enumerate() {
            for (block, content) in sub.blocks.iter().enumerate() {
                out.push((at, block, None));
                out.extend((0..content.members.len()).map(|member| (at, block, Some(member))));
            }
        }
        out
    }

    pub(crate) fn line(
        &mut self,
        (sub, block, member): (usize, usize, Option<usize>),
    ) -> &mut String {
        let block = &mut self.0[sub].blocks[block];
        match member {
            Some(member) => &mut block.members[member],
            None => &mut block.head,
        }
    }
}

impl Sub {
    fn sdl(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            out.push_str(&block.head);
            if !block.members.is_empty() {
                out.push_str(" {\n");
                for member in &block.members {
                    out.push_str("  ");
                    out.push_str(member);
                    out.push('\n');
                }
                out.push('}');
            }
            out.push('\n');
        }
        out
    }
}

/// The byte ranges of the applied directives of a line, each with the space in front.
pub(crate) fn directives(line: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = line.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    let mut quoted = false;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'@' if !quoted => {
                let start = at - usize::from(at > 0 && bytes[at - 1] == b' ');
                at += 1;
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                if bytes.get(at) == Some(&b'(') {
                    let (mut depth, mut inside) = (0, false);
                    while at < bytes.len() {
                        match bytes[at] {
                            b'"' => inside = !inside,
                            b'(' if !inside => depth += 1,
                            b')' if !inside => depth -= 1,
                            _ => {}
                        }
                        at += 1;
                        if depth == 0 {
                            break;
                        }
                    }
                }
                out.push(start..at);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    out
}
