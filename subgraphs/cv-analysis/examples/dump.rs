#[allow(clippy::unwrap_used)]
fn main(){
 let f=std::env::args().nth(1).unwrap();
 let d=pdf_oxide::PdfDocument::from_bytes(std::fs::read(f).unwrap()).unwrap();
 println!("pages {:?} enc {}", d.page_count(), d.is_encrypted());
 for p in 0..d.page_count().unwrap(){
  println!("{:?} {:?}", d.get_page_media_box(p), d.get_page_visible_box(p));
  for (n,o) in [("raw",None),("col",Some(pdf_oxide::document::ReadingOrder::ColumnAware))]{
  println!("-- {n}");
  let s = match o {None=>d.extract_spans(p).unwrap(),Some(o)=>d.extract_spans_with_reading_order(p,o).unwrap()};
  for s in s { println!("{:?} x{:.1} y{:.1} w{:.1} h{:.1} fs{:.1} c{:.1},{:.1},{:.1} seq{} art{:?}", s.text,s.bbox.x,s.bbox.y,s.bbox.width,s.bbox.height,s.font_size,s.color.r,s.color.g,s.color.b,s.sequence,s.artifact_type); }
  }
  println!("-- content\n{}", String::from_utf8_lossy(&d.get_page_content_data(p).unwrap()).chars().take(600).collect::<String>());
  for q in d.extract_paths(p).unwrap() { println!("path {:?}", q.bbox); }
 }
}
