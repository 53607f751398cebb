//! Words that name a role.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words of roles in the languages that are read, to tell a role from an organisation.
static ROLES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "engineer developer manager consultant designer analyst architect director scientist lead head administrator \
     assistant specialist intern internship trainee teacher nurse accountant officer executive programmer technician \
     coordinator supervisor associate representative agent founder president chief student researcher lecturer \
     professor tutor writer editor clerk cashier driver operator mechanic electrician chef cook waiter receptionist \
     secretary planner buyer tester owner master partner advisor strategist recruiter worker freelancer freelance \
     contractor volunteer entwickler entwicklerin ingenieur ingenieurin leiter leiterin berater beraterin mitarbeiter \
     mitarbeiterin werkstudent werkstudentin praktikant praktikantin referent sachbearbeiter kaufmann kauffrau \
     projektleiter geschäftsführer développeur développeuse ingénieur ingénieure responsable directeur directrice \
     stagiaire chargé chargée conseiller desarrollador desarrolladora ingeniero ingeniera gerente jefe jefa analista \
     consultor consultora técnico becario cto ceo cfo coo vp sre therapist paralegal attorney lawyer solicitor \
     barrister barista bartender baker packer picker cleaner guard caregiver carer librarian pharmacist physician \
     doctor dentist paramedic counselor counsellor coach trainer instructor superintendent foreman welder plumber \
     carpenter painter machinist stylist copywriter journalist reporter photographer translator interpreter artist \
     animator producer merchandiser dispatcher underwriter broker trader banker teller auditor controller bookkeeper \
     inspector surveyor geologist biologist chemist economist statistician postdoc fellow resident apprentice midwife \
     janitor courier forklift sergeant lieutenant captain dev pfleger pflegerin krankenpfleger krankenpflegerin \
     lehrer lehrerin arzt ärztin verkäufer verkäuferin koch köchin kellner kellnerin leitung fahrer meister therapeut \
     therapeutin fachkraft anwalt anwältin buchhalter buchhalterin erzieher erzieherin apotheker apothekerin \
     hilfskraft aushilfe infirmier infirmière serveur serveuse vendeur vendeuse cuisinier cuisinière pâtissier \
     pâtissière professeur professeure enseignant enseignante avocat avocate comptable technicien technicienne \
     rédacteur rédactrice journaliste administrateur administratrice gestionnaire alternant alternante cheffe \
     assistante camarero camarera dependiente dependienta abogado abogada asociado asociada enfermero enfermera \
     profesor profesora contador contadora contable asistente auxiliar encargado encargada vendedor vendedora \
     programador programadora cocinero cocinera administrativo engenheiro engenheira desenvolvedor desenvolvedora \
     assistente mecânico soldador estagiário estagiária coordenador coordenadora enfermeiro enfermeira sviluppatore \
     ingegnere impiegato impiegata responsabile cameriere cuoco infermiere infermiera tirocinante medewerker docent \
     verpleegkundige"
        .split_whitespace()
        .collect()
});

/// Ends of compound words that are roles: Teamleiter, Softwareentwickler.
const ROLE_ENDINGS: &[&str] = &[
    "leiter",
    "leiterin",
    "entwickler",
    "entwicklerin",
    "ingenieur",
    "ingenieurin",
    "manager",
    "managerin",
    "berater",
    "beraterin",
    "techniker",
    "technikerin",
    "assistent",
    "assistentin",
    "mitarbeiter",
    "mitarbeiterin",
    "administrator",
    "ontwikkelaar",
    "utvecklare",
    "ingenjör",
    "therapeut",
    "therapeutin",
    "pfleger",
    "pflegerin",
    "lehrer",
    "lehrerin",
    "verkäufer",
    "verkäuferin",
    "kaufmann",
    "kauffrau",
    "leitung",
    "meister",
    "meisterin",
];

/// Whether a text names a role.
pub(super) fn is_role(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower
        .split(|character: char| !character.is_alphanumeric())
        .any(|word| {
            ROLES.contains(word)
                || ROLE_ENDINGS
                    .iter()
                    .any(|ending| word.len() > ending.len() && word.ends_with(ending))
        })
}
