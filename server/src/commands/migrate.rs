use anyhow::Result;

pub(crate) async fn run() -> Result<()> {
    super::process(super::config()?)?.migrate().await?;
    println!("the database is up to date");
    Ok(())
}
