//! Every operation of the journey, in its order.

pub(crate) const SIGN_UP: &str = "mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { user { id displayName } session { accessToken } userErrors { field code message } }
}";

pub(crate) const CREATE_TENANT: &str = "mutation CreateTenant($input: CreateTenantInput!) {
  createTenant(input: $input) { tenant { id name slug } session { accessToken scopes } userErrors { field code message } }
}";

pub(crate) const START_TRIAL: &str = "mutation StartTrial($input: StartTrialInput!) {
  startTrial(input: $input) { license { id module kind status expiresAt } userErrors { field code message } }
}";

pub(crate) const REQUEST_UPLOAD: &str = "mutation RequestCvUpload($input: RequestCvUploadInput!) {
  requestCvUpload(input: $input) { ticket { id url method maxBytes } userErrors { field code message } }
}";

pub(crate) const COMPLETE_UPLOAD: &str =
    "mutation CompleteCvUpload($input: CompleteCvUploadInput!) {
  completeCvUpload(input: $input) { document { id } userErrors { field code message } }
}";

pub(crate) const CREATE_JOB: &str =
    "mutation CreateJobDescription($input: CreateJobDescriptionInput!) {
  createJobDescription(input: $input) { jobDescription { id } userErrors { field code message } }
}";

pub(crate) const START_ANALYSIS: &str = "mutation StartCvAnalysis($input: StartCvAnalysisInput!) {
  startCvAnalysis(input: $input) { analysis { id stage } userErrors { field code message } }
}";

pub(crate) const WATCH_ANALYSIS: &str = "subscription WatchAnalysis($analysis: ID!) {
  cvAnalysisProgress(analysisId: $analysis) { cursor stage percent message }
}";

pub(crate) const READ_ANALYSIS: &str = "query ReadAnalysis($analysis: ID!) {
  cvAnalysis(id: $analysis) {
    id
    stage
    score {
      total
      weightsVersion
      required { ...part }
      preferred { ...part }
      experience { ...part }
      education { ...part }
    }
    skillMatches {
      matched { name required credit via evidence { quote start end page } }
      missing { name }
      extra { name }
    }
    suggestedProbes { skill question }
  }
}
fragment part on CvScorePart { earnedHundredths maxHundredths explanation evidence { quote start end page } }";

pub(crate) const CREATE_INTERVIEW: &str =
    "mutation CreateInterview($input: CreateInterviewInput!) {
  createInterview(input: $input) { interview { id status } userErrors { field code message } }
}";

pub(crate) const ISSUE_LINK: &str =
    "mutation IssueCandidateLink($input: IssueCandidateLinkInput!) {
  issueCandidateLink(input: $input) { link { token expiresAt } userErrors { field code message } }
}";

pub(crate) const BEGIN_INTERVIEW: &str =
    "mutation StartCandidateInterview($input: StartCandidateInterviewInput!) {
  startCandidateInterview(input: $input) { interview { status } userErrors { field code message } }
}";

/// As a candidate's page does it after each step and after a refresh: one question is open at a time.
pub(crate) const READ_QUESTION: &str = "query ReadQuestion {
  candidateInterview { status questions { id } currentQuestion { id number kind competency text skill limitSeconds } }
}";

pub(crate) const SUBMIT_ANSWER: &str = "mutation SubmitAnswer($input: SubmitAnswerInput!) {
  submitAnswer(input: $input) { interview { status } userErrors { field code message } }
}";

pub(crate) const FINISH_INTERVIEW: &str = "mutation CompleteCandidateInterview {
  completeCandidateInterview { interview { status } userErrors { field code message } }
}";

/// Each event of interview brings a field of cv-analysis with it.
pub(crate) const WATCH_INTERVIEW: &str = "subscription WatchInterview($interview: ID!) {
  interviewProgress(interviewId: $interview) {
    kind
    percent
    interview { status report { overall } analysis { score { total } } }
  }
}";

/// One operation over four subgraphs: `tenant` and `me` from core, `licenses` from billing on core's entity, `interview`
/// from interview, `analysis` from cv-analysis by interview's reference, and `suggestedProbes` from interview again,
/// which requires the missing skills of cv-analysis.
pub(crate) const EVERYTHING: &str = "query Everything($interview: ID!) {
  me { displayName email }
  tenant { name licenses { module kind status expiresAt } }
  interview(id: $interview) {
    status
    report {
      overall
      technical
      behavioural
      communication
      competencies { name rating anchor evidence { quote } }
      feedback
    }
    analysis {
      score { total }
      missingSkills
      suggestedProbes { skill question }
      jobDescription { title }
    }
  }
}";
