use std::io::Read as _;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Upload};
use platform_sdk::{Ctx, Error, Result, UserError};

use super::document::CvDocument;
use super::mutation::CvUploadTicket;
use super::parse_id;
use crate::domain::archive_upload::{self, Taken};
use crate::domain::extract::MAX_FILE_BYTES;

/// An archive that will be uploaded.
#[derive(InputObject)]
struct RequestCvArchiveUploadInput {
    /// Name of the file, shown to people.
    file_name: String,
    /// Size of the archive in bytes, 32 MB at most.
    size_bytes: i32,
}

/// An address for the archive.
#[derive(SimpleObject)]
struct RequestCvArchiveUploadPayload {
    /// Where to send the bytes.
    ticket: Option<CvUploadTicket>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Which archive is complete.
#[derive(InputObject)]
struct CompleteCvArchiveUploadInput {
    /// The ticket's id.
    ticket_id: ID,
}

/// What became of one file of an archive.
#[derive(SimpleObject)]
struct CvArchiveFile {
    /// Name of the file, without folders.
    file_name: String,
    /// Its document; null where there is a refusal, and after the document was erased.
    document: Option<CvDocument>,
    /// Whether the same content was there before, in this archive or outside of it: it is one document then.
    is_duplicate: bool,
    /// Why there is no document.
    refusal: Option<CvArchiveRefusal>,
}

/// Why a file of an archive was not taken.
#[derive(SimpleObject)]
struct CvArchiveRefusal {
    /// `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_CORRUPT`, `FILE_PROTECTED`, `FILE_BOMB`, `FILE_ARCHIVE` or `FILE_UNSUPPORTED`.
    code: String,
    /// The same in a sentence.
    message: String,
}

/// What became of an archive.
#[derive(SimpleObject)]
struct CompleteCvArchiveUploadPayload {
    /// Every file in the order of the archive; one that is not taken keeps none of the others from it.
    files: Vec<CvArchiveFile>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Files that come with the request.
#[derive(InputObject)]
struct UploadCvsInput {
    /// The CVs, each in a format that CVs are read in.
    files: Vec<Upload>,
}

/// What became of the files.
#[derive(SimpleObject)]
struct UploadCvsPayload {
    /// Every file in the order of the request.
    files: Vec<CvArchiveFile>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Many CVs at once.
#[derive(Default)]
pub(crate) struct Archives;

#[Object]
impl Archives {
    /// Opens an address to which a ZIP archive of at most 100 CVs is sent.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn request_cv_archive_upload(
        &self,
        ctx: &Context<'_>,
        input: RequestCvArchiveUploadInput,
    ) -> Result<RequestCvArchiveUploadPayload> {
        let (ctx, size) = (Ctx::of(ctx)?, i64::from(input.size_bytes));
        let (ticket, user_errors) =
            match archive_upload::request(ctx, &input.file_name, size).await? {
                Ok(ticket) => (Some(ticket.into()), Vec::new()),
                Err(error) => (None, vec![error]),
            };
        Ok(RequestCvArchiveUploadPayload {
            ticket,
            user_errors,
        })
    }

    /// Makes a document of every file of an uploaded archive. Sent twice, it gives the same answer. What unpacks beyond all
    /// measure is refused.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn complete_cv_archive_upload(
        &self,
        ctx: &Context<'_>,
        input: CompleteCvArchiveUploadInput,
    ) -> Result<CompleteCvArchiveUploadPayload> {
        let ticket = parse_id(&input.ticket_id, "upload")?;
        let taken = match archive_upload::complete(Ctx::of(ctx)?, ticket).await? {
            Ok(taken) => taken,
            Err(error) => {
                return Ok(CompleteCvArchiveUploadPayload {
                    files: Vec::new(),
                    user_errors: vec![error],
                });
            }
        };
        Ok(CompleteCvArchiveUploadPayload {
            files: shown(taken)?,
            user_errors: Vec::new(),
        })
    }

    /// Makes a document of every file that comes with the request, by the GraphQL multipart request specification. The
    /// edge bounds how many and how large they are; a file that is not taken keeps none of the others from it. The same
    /// content gives the same document.
    #[graphql(requires_scopes = "cv-analysis:analysis.write")]
    async fn upload_cvs(
        &self,
        ctx: &Context<'_>,
        input: UploadCvsInput,
    ) -> Result<UploadCvsPayload> {
        let mut files = Vec::with_capacity(input.files.len());
        for upload in input.files {
            let upload = upload.value(ctx).map_err(Error::internal)?;
            let read = tokio::task::spawn_blocking(move || {
                let mut content = Vec::new();
                let mut bounded = upload.content.take(MAX_FILE_BYTES + 1);
                bounded.read_to_end(&mut content)?;
                Ok::<_, std::io::Error>((upload.filename, content))
            });
            files.push(
                read.await
                    .map_err(Error::internal)?
                    .map_err(Error::internal)?,
            );
        }
        if files.is_empty() {
            let error = UserError::on("files", "EMPTY", "no file was sent");
            return Ok(UploadCvsPayload {
                files: Vec::new(),
                user_errors: vec![error],
            });
        }
        let taken = archive_upload::receive(Ctx::of(ctx)?, files).await?;
        Ok(UploadCvsPayload {
            files: shown(taken)?,
            user_errors: Vec::new(),
        })
    }
}

fn shown(taken: Vec<Taken>) -> Result<Vec<CvArchiveFile>> {
    let files = taken.into_iter().map(|file| {
        let (document, refusal) = match file.outcome {
            Ok(document) => (document.map(CvDocument), None),
            Err(error) => {
                let code = serde_json::to_value(error)?;
                let refusal = CvArchiveRefusal {
                    code: code.as_str().unwrap_or_default().to_owned(),
                    message: error.to_string(),
                };
                (None, Some(refusal))
            }
        };
        Ok(CvArchiveFile {
            file_name: file.file_name,
            document,
            is_duplicate: file.is_duplicate,
            refusal,
        })
    });
    files.collect()
}
