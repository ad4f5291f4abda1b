//! Everything that the interface says, in both languages: one line a text.
//!
//! `{}` stands for something that is filled in. A text that is missing in one language does not
//! compile; one that no page uses is reported by the compiler.

macro_rules! catalogue {
    ($($key:ident: $english:literal, $german:literal;)*) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(crate) struct Texts {
            $(pub(crate) $key: &'static str,)*
        }

        /// English.
        pub(crate) static ENGLISH: Texts = Texts { $($key: $english,)* };

        /// German.
        pub(crate) static GERMAN: Texts = Texts { $($key: $german,)* };

        /// Every key with its English and its German text.
        #[cfg(test)]
        pub(crate) static ALL: &[[&str; 3]] = &[$([stringify!($key), $english, $german],)*];
    };
}

catalogue! {
    // Frame
    modules: "Modules", "Module";
    collection: "Collection", "Datenquellen";
    monitoring: "Monitoring", "Beobachtung";
    visualisation: "Visualisation", "Darstellung";
    analysis: "Analysis", "Auswertung";
    company: "Company", "Unternehmen";
    language: "Language", "Sprache";
    months: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.";
    name: "Name", "Name";
    kind: "Kind", "Art";
    state: "State", "Zustand";
    date: "Date", "Datum";
    value: "Value", "Wert";
    range: "Range", "Zeitraum";
    by: "By", "Auf welchem Weg";
    role: "Role", "Rolle";
    email: "E-mail", "E-Mail";
    people: "People", "Personen";
    group: "Group", "Gruppe";
    you: "You", "Sie";
    new: "New", "Neu";
    add: "Add", "Hinzufügen";
    edit: "Edit", "Bearbeiten";
    save: "Save", "Speichern";
    delete: "Delete", "Löschen";
    remove: "Remove", "Entfernen";
    cancel: "Cancel", "Abbrechen";
    keep: "Keep it", "Behalten";
    preview: "Preview", "Vorschau";
    actions: "Actions", "Aktionen";
    saved_by: "Saved by", "Gespeichert von";
    saved_by_name: "saved by {}", "gespeichert von {}";
    saved_on: "Saved on", "Gespeichert am";
    n_days: "{} days", "{} Tage";
    one_day: "1 day", "1 Tag";
    last_days: "last {} days", "letzte {} Tage";
    edit_named: "Edit {}", "{} bearbeiten";
    delete_named: "Delete {}", "{} löschen";
    remove_named: "Remove {}", "{} entfernen";
    delete_question: "Delete “{}”?", "„{}“ löschen?";

    // Signing in
    sign_in: "Sign in", "Anmelden";
    sign_out: "Sign out", "Abmelden";
    front_first: "Know where", "Wissen, wo";
    front_second: "the water stands.", "das Wasser steht.";
    front_about: "Connect what your company records, watch the few numbers that matter, and hear of it when one of them turns.", "Verbinden Sie, was Ihr Unternehmen erfasst, behalten Sie die wenigen wichtigen Zahlen im Blick, und erfahren Sie es, wenn sich eine davon dreht.";
    work_email: "Work e-mail", "Dienstliche E-Mail";
    password: "Password", "Passwort";
    your_role: "Your role", "Ihre Rolle";
    or_step_in_as: "Or step in as", "Oder treten Sie ein als";
    enter_email: "Enter your work e-mail address.", "Geben Sie eine dienstliche E-Mail-Adresse ein.";
    enter_company: "Enter your company's name.", "Geben Sie den Namen Ihres Unternehmens ein.";
    choose_role: "Choose your role.", "Wählen Sie eine Rolle.";
    administrator: "Administrator", "Administration";
    manager: "Manager", "Leitung";
    analyst: "Analyst", "Analyse";
    marketer: "Marketer", "Marketing";

    // Collection
    sources: "Sources", "Quellen";
    source: "Source", "Quelle";
    sources_lead: "Where your numbers come from.", "Woher Ihre Zahlen kommen.";
    sources_empty: "Nothing is connected yet. Connect the first source, and its numbers appear within minutes.", "Noch ist nichts verbunden. Verbinden Sie die erste Quelle, und ihre Zahlen erscheinen in wenigen Minuten.";
    connect_source: "Connect source", "Quelle verbinden";
    connect_a_source: "Connect a source", "Eine Quelle verbinden";
    connect_lead: "Tidemark reads it, and never writes to it.", "Tidemark liest sie und schreibt nie hinein.";
    may_not_collect: "Analysts, managers and administrators connect sources and edit their schema.", "Quellen verbinden und Schemas bearbeiten können Analyse, Leitung und Administration.";
    read: "Read", "Gelesen";
    columns: "Columns", "Spalten";
    column: "Column", "Spalte";
    connected: "Connected", "Verbunden";
    connection: "Connection", "Verbindung";
    address: "Address", "Adresse";
    connected_by: "Connected by", "Verbunden von";
    schema: "Schema", "Schema";
    holds: "Holds", "Enthält";
    schema_of: "Schema of {}", "Schema von {}";
    schema_lead: "Names and kinds as your reports will show them.", "Namen und Arten, wie Ihre Berichte sie zeigen werden.";
    edit_schema: "Edit schema", "Schema bearbeiten";
    save_schema: "Save schema", "Schema speichern";
    add_column: "Add column", "Spalte hinzufügen";
    new_column: "new_column", "neue_spalte";
    what_is_it: "What is it?", "Was ist es?";
    where_is_it: "Where is it?", "Wo ist es?";
    how_often: "How often is it read?", "Wie oft wird gelesen?";
    source_example: "Orders of the web shop", "Bestellungen des Webshops";
    user: "User", "Benutzer";
    only_new: "Only rows that are new or changed", "Nur neue oder geänderte Zeilen";
    note: "Note for colleagues", "Notiz für Kollegen";
    save_source: "Save source", "Quelle speichern";
    event_stream: "Event stream", "Ereignisstrom";
    web_shop: "Web shop", "Webshop";
    spreadsheet: "Spreadsheet", "Tabelle";
    csv_upload: "CSV upload", "CSV-Datei";
    every_hour: "Every hour", "Jede Stunde";
    every_night: "Every night", "Jede Nacht";
    by_hand: "By hand", "Von Hand";
    text: "Text", "Text";
    number: "Number", "Zahl";
    money: "Money", "Geld";
    yes_or_no: "Yes or no", "Ja oder nein";
    name_the_source: "Give the source a name, so that colleagues find it.", "Geben Sie der Quelle einen Namen, damit Kollegen sie finden.";
    choose_source_kind: "Choose what kind of source it is.", "Wählen Sie die Art der Quelle.";
    choose_rhythm: "Choose how often it is read.", "Wählen Sie, wie oft gelesen wird.";
    names_must_differ: "Two columns are called {}; names must differ.", "Zwei Spalten heißen {}; Namen müssen sich unterscheiden.";
    choose_what_it_holds: "Choose what {} holds.", "Wählen Sie, was {} enthält.";
    keep_a_column: "Keep at least one column.", "Behalten Sie mindestens eine Spalte.";

    // Monitoring
    metrics: "Metrics", "Kennzahlen";
    metric: "Metric", "Kennzahl";
    metrics_lead: "Today, and against the week before.", "Heute, und im Vergleich zur Vorwoche.";
    find_metric: "Find a metric", "Kennzahl suchen";
    see_metrics: "See the metrics", "Zu den Kennzahlen";
    make_a_chart: "Make a chart", "Diagramm daraus machen";
    watch: "Watch", "Beobachten";
    watched: "Watched", "Beobachtet";
    stop_watching: "Stop watching", "Nicht mehr beobachten";
    alerts: "Alerts", "Warnungen";
    one_alert: "1 alert", "1 Warnung";
    n_alerts: "{} alerts", "{} Warnungen";
    alerts_lead: "What Tidemark tells your company, and how.", "Was Tidemark Ihrem Unternehmen meldet, und wie.";
    alerts_empty: "No alert is set. Open a metric, and set one where a turn would cost you.", "Keine Warnung ist eingerichtet. Öffnen Sie eine Kennzahl, deren Wende Sie etwas kosten würde.";
    metric_alerts_empty: "Nobody hears of it yet when this number turns.", "Noch erfährt es niemand, wenn sich diese Zahl dreht.";
    set_alert: "Set alert", "Warnung einrichten";
    set_by: "Set by", "Eingerichtet von";
    save_alert: "Save alert", "Warnung speichern";
    alert_on: "Alert on {}", "Warnung zu: {}";
    now_at: "Now at {}.", "Zurzeit {}.";
    when_it: "When it", "Wenn sie";
    threshold: "Threshold", "Schwelle";
    tell_me_by: "Tell me by", "Benachrichtigen per";
    falls_below: "falls below {}", "unter {} fällt";
    rises_above: "rises above {}", "über {} steigt";
    drops_by_more: "drops by more than {}", "um mehr als {} sinkt";
    grows_by_more: "grows by more than {}", "um mehr als {} wächst";
    chat: "Chat", "Chat";
    text_message: "Text message", "SMS";
    revenue: "Revenue", "Umsatz";
    revenue_about: "Paid orders, before refunds", "Bezahlte Bestellungen, vor Erstattungen";
    active_customers: "Active customers", "Aktive Kunden";
    active_customers_about: "Companies with an order that day", "Firmen mit einer Bestellung an dem Tag";
    checkout_conversion: "Checkout conversion", "Abschlussquote";
    checkout_conversion_about: "Visits that end with a paid order", "Besuche, die mit einer bezahlten Bestellung enden";
    new_sign_ups: "New sign-ups", "Neue Anmeldungen";
    new_sign_ups_about: "Accounts opened that day", "An dem Tag eröffnete Konten";
    refund_rate: "Refund rate", "Erstattungsquote";
    refund_rate_about: "Refunded share of paid orders", "Erstatteter Anteil bezahlter Bestellungen";
    first_reply: "Time to first reply", "Zeit bis zur ersten Antwort";
    first_reply_about: "Median of the support team", "Median des Kundendienstes";
    on_time: "Delivered on time", "Pünktlich geliefert";
    on_time_about: "Share of parcels on the promised day", "Anteil der Pakete am versprochenen Tag";
    basket_size: "Basket size", "Warenkorb";
    basket_size_about: "Mean value of an order", "Mittlerer Wert einer Bestellung";

    // Visualisation
    charts: "Charts", "Diagramme";
    charts_lead: "What your colleagues drew and kept.", "Was Ihre Kollegen gezeichnet und aufgehoben haben.";
    charts_empty: "No chart is saved yet. Draw the number that you are asked for most.", "Noch ist kein Diagramm gespeichert. Zeichnen Sie die Zahl, nach der man Sie am häufigsten fragt.";
    new_chart: "New chart", "Neues Diagramm";
    edit_chart: "Edit chart", "Diagramm bearbeiten";
    chart_form_lead: "Choose what is drawn, and how. The preview follows.", "Wählen Sie, was gezeichnet wird und wie. Die Vorschau folgt.";
    chart_example: "Revenue this month", "Umsatz in diesem Monat";
    drawn_as: "Drawn as", "Gezeichnet als";
    look_line: "Line", "Linie";
    look_area: "Area", "Fläche";
    look_bars: "Bars", "Balken";
    compare: "Compare with the period before", "Mit dem Zeitraum davor vergleichen";
    before: "The period before", "Der Zeitraum davor";
    save_chart: "Save chart", "Diagramm speichern";
    delete_chart: "Delete chart", "Diagramm löschen";
    delete_chart_about: "It also disappears from every board.", "Es verschwindet auch von allen Tafeln.";
    pin: "Pin to the top", "Oben anheften";
    numbers: "The numbers", "Die Zahlen";
    name_the_chart: "Give the chart a name.", "Geben Sie dem Diagramm einen Namen.";
    name_too_long: "Keep the name within 60 letters.", "Der Name darf höchstens 60 Zeichen haben.";
    boards: "Boards", "Tafeln";
    board: "Board", "Tafel";
    boards_lead: "Charts side by side, for several people to look at.", "Diagramme nebeneinander, für mehrere Betrachter.";
    boards_empty: "No board yet. Put two charts together, and share them.", "Noch keine Tafel. Legen Sie zwei Diagramme zusammen, und teilen Sie sie.";
    board_empty: "No chart is on this board. Open a chart, and add it.", "Auf dieser Tafel ist kein Diagramm. Öffnen Sie eines, und fügen Sie es hinzu.";
    new_board: "New board", "Neue Tafel";
    what_for: "What it is for", "Wofür sie ist";
    save_board: "Save board", "Tafel speichern";
    delete_board: "Delete board", "Tafel löschen";
    delete_board_about: "Its charts stay as they are.", "Ihre Diagramme bleiben erhalten.";
    name_the_board: "Give the board a name.", "Geben Sie der Tafel einen Namen.";
    add_to_board: "Add to board", "Auf eine Tafel legen";
    made_by: "Made by", "Erstellt von";
    share: "Share", "Teilen";
    share_board: "Share board", "Tafel teilen";
    share_named: "Share “{}”", "„{}“ teilen";
    shared_with: "Shared with", "Geteilt mit";
    shares_empty: "Only who finds it in the list sees this board.", "Diese Tafel sieht nur, wer sie in der Liste findet.";
    nobody: "Nobody yet", "Noch niemandem";
    colleague: "Colleague", "Kollege";
    with_whom: "With whom?", "Mit wem?";
    who_may: "Who gets it may", "Wer sie bekommt, darf";
    right: "May", "Darf";
    may_look: "Look", "Ansehen";
    may_edit: "Look and edit", "Ansehen und ändern";
    withdraw: "Withdraw", "Entziehen";
    choose_a_colleague: "Choose at least one colleague.", "Wählen Sie mindestens einen Kollegen.";

    // Export
    export: "Export", "Exportieren";
    export_about: "A file that every spreadsheet opens.", "Eine Datei, die jede Tabellenkalkulation öffnet.";
    format: "Format", "Format";
    with_commas: "CSV, commas", "CSV, Kommas";
    with_semicolons: "CSV, semicolons", "CSV, Semikolons";
    with_tabs: "Tabs", "Tabulatoren";
    download: "Download", "Herunterladen";

    // Analysis
    people_groups: "People groups", "Personengruppen";
    groups_lead: "Customers who have something in common.", "Kunden, die etwas gemeinsam haben.";
    groups_empty: "No group is saved yet. Begin with the customers whom you would miss most.", "Noch ist keine Gruppe gespeichert. Beginnen Sie mit den Kunden, die Ihnen am meisten fehlen würden.";
    new_group: "New group", "Neue Gruppe";
    edit_group: "Edit group", "Gruppe bearbeiten";
    group_form_lead: "Everyone who meets all conditions is in it.", "Dazu gehört, wer alle Bedingungen erfüllt.";
    group_example: "Regulars", "Stammkunden";
    save_group: "Save group", "Gruppe speichern";
    delete_group: "Delete group", "Gruppe löschen";
    delete_group_about: "Funnels and paths of this group then look at all customers.", "Trichter und Pfade dieser Gruppe betrachten dann alle Kunden.";
    who_is_in: "Who is in it", "Wer dazugehört";
    property: "Property", "Eigenschaft";
    comparison: "Comparison", "Vergleich";
    add_condition: "Add condition", "Bedingung hinzufügen";
    remove_condition: "Remove condition", "Bedingung entfernen";
    field_orders: "Orders", "Bestellungen";
    field_spent: "Euros spent", "Euro ausgegeben";
    field_last_order: "Days since the last order", "Tage seit der letzten Bestellung";
    field_visits: "Visits this month", "Besuche in diesem Monat";
    field_returns: "Parcels sent back", "Zurückgesandte Pakete";
    at_least: "at least", "mindestens";
    at_most: "at most", "höchstens";
    exactly: "exactly", "genau";
    share_of_customers: "{} % of all customers", "{} % aller Kunden";
    size_over_time: "Size over time", "Größe im Zeitverlauf";
    some_of_them: "Some of them", "Einige von ihnen";
    group_has_nobody: "Nobody meets all conditions today.", "Heute erfüllt niemand alle Bedingungen.";
    customer: "Customer", "Kunde";
    orders: "Orders placed", "Anzahl Bestellungen";
    spent: "Spent", "Ausgegeben";
    name_the_group: "Give the group a name.", "Geben Sie der Gruppe einen Namen.";
    enter_a_number: "Enter a whole number for “{}”.", "Geben Sie bei „{}“ eine ganze Zahl ein.";
    keep_a_condition: "Keep at least one condition.", "Behalten Sie mindestens eine Bedingung.";
    funnels: "Funnels", "Trichter";
    funnel: "Funnel", "Name des Trichters";
    funnels_lead: "How many get how far.", "Wie viele wie weit kommen.";
    funnels_empty: "No funnel is saved yet. Two steps are enough for the first.", "Noch ist kein Trichter gespeichert. Zwei Schritte genügen für den ersten.";
    new_funnel: "New funnel", "Neuer Trichter";
    edit_funnel: "Edit funnel", "Trichter bearbeiten";
    funnel_form_lead: "What people do, in this order.", "Was Personen tun, in dieser Reihenfolge.";
    funnel_example: "From visit to order", "Vom Besuch zur Bestellung";
    save_funnel: "Save funnel", "Trichter speichern";
    delete_funnel: "Delete funnel", "Trichter löschen";
    delete_funnel_about: "Nobody else keeps a copy of it.", "Niemand sonst hat eine Kopie davon.";
    steps: "Steps", "Schritte";
    step: "Step", "Schritt";
    add_step: "Add step", "Schritt hinzufügen";
    remove_step: "Remove step", "Schritt entfernen";
    window: "From first to last step", "Vom ersten zum letzten Schritt";
    whose: "Whose?", "Von wem?";
    all_customers: "All customers", "Alle Kunden";
    conversion: "Conversion", "Konversion";
    within_days: "within {} days", "innerhalb von {} Tagen";
    of_previous: "{} of the step before", "{} des Schritts davor";
    name_the_funnel: "Give the funnel a name.", "Geben Sie dem Trichter einen Namen.";
    two_steps_at_least: "A funnel has at least two steps.", "Ein Trichter hat mindestens zwei Schritte.";
    steps_must_differ: "A step cannot follow itself.", "Ein Schritt kann nicht auf sich selbst folgen.";
    smart_path: "Smart path", "Smarter Pfad";
    smart_path_lead: "Name a start and a goal, and see the way that most people take.", "Nennen Sie Start und Ziel, und sehen Sie den Weg, den die meisten nehmen.";
    smart_path_example: "From the first visit to the first order", "Vom ersten Besuch zur ersten Bestellung";
    configure: "Configure", "Konfigurieren";
    configure_again: "Configure again", "Neu konfigurieren";
    configure_smart_path: "Configure a smart path", "Einen smarten Pfad konfigurieren";
    configure_lead: "The picture follows what you choose. Save it once it tells you something.", "Das Bild folgt Ihrer Auswahl. Speichern Sie es, sobald es Ihnen etwas sagt.";
    saved_paths: "Saved paths", "Gespeicherte Pfade";
    paths_empty: "No path is saved yet.", "Noch ist kein Pfad gespeichert.";
    path: "Path", "Pfad";
    path_to: "The path to: {}", "Der Pfad zu: {}";
    path_example: "How visitors become customers", "Wie aus Besuchern Kunden werden";
    from_to: "From and to", "Von und nach";
    start: "Start", "Anfang";
    goal: "Goal", "Ziel";
    steps_between: "Steps between", "Schritte dazwischen";
    most_take: "What most people do", "Was die meisten tun";
    start_and_goal_differ: "Start and goal must differ.", "Start und Ziel müssen sich unterscheiden.";
    name_the_path: "Give the path a name.", "Geben Sie dem Pfad einen Namen.";
    event_visit: "Visited", "Besucht";
    event_search: "Searched", "Gesucht";
    event_product: "Looked at a product", "Produkt angesehen";
    event_keep: "Kept it for later", "Vorgemerkt";
    event_basket: "Filled the basket", "In den Warenkorb";
    event_checkout: "Went to checkout", "Zur Kasse";
    event_paid: "Paid", "Bezahlt";
    event_newsletter: "Subscribed to news", "Newsletter bestellt";
    event_review: "Wrote a review", "Bewertung geschrieben";

    // Settings
    settings: "Settings", "Einstellungen";
    settings_lead: "Who you are here, and how Tidemark speaks to you.", "Wer Sie hier sind, und wie Tidemark mit Ihnen spricht.";
    interface: "Interface", "Oberfläche";
    save_settings: "Save settings", "Einstellungen speichern";
    team: "Colleagues", "Kollegen";
    seats: "Seats", "Plätze";
    seats_taken: "{} of {} seats", "{} von {} Plätzen";
    active: "Active", "Aktiv";
    invited: "Invited", "Eingeladen";
    invite_colleague: "Invite a colleague", "Kollegen einladen";
    send_invitation: "Send invitation", "Einladung senden";
    may_not_invite: "Managers and administrators invite colleagues.", "Kollegen einladen können Leitung und Administration.";
    is_here_already: "This colleague is on the list already.", "Dieser Kollege steht schon auf der Liste.";
    no_seat_is_free: "All seats are taken. A larger plan has more.", "Alle Plätze sind vergeben. Ein größerer Tarif hat mehr.";
    plan: "Plan", "Tarif";
    upgrade_lead: "Pay for what you use, and change it whenever you like.", "Zahlen Sie, was Sie nutzen, und ändern Sie es jederzeit.";
    almost_full: "Almost all seats are taken.", "Fast alle Plätze sind vergeben.";
    per_seat: "a seat and month", "je Platz und Monat";
    your_plan: "Your plan", "Ihr Tarif";
    choose_plan: "Choose {}", "{} wählen";
    order: "Order", "Bestellen";
    enough_seats: "Order as many seats as there are colleagues, and at most 500.", "Bestellen Sie so viele Plätze, wie Sie Kollegen haben, und höchstens 500.";
    may_not_order: "Administrators change the plan.", "Den Tarif ändert die Administration.";
    starter_about: "For the first questions", "Für die ersten Fragen";
    team_about: "For a department that decides by numbers", "Für eine Abteilung, die nach Zahlen entscheidet";
    scale_about: "For everyone", "Für alle";
    holds_collection: "Three sources", "Drei Quellen";
    holds_charts: "Charts and alerts", "Diagramme und Warnungen";
    holds_month: "One month of history", "Ein Monat Verlauf";
    holds_starter: "Everything in Starter", "Alles aus Starter";
    holds_smart_path: "Groups, funnels, smart path", "Gruppen, Trichter, smarter Pfad";
    holds_year: "Two years of history", "Zwei Jahre Verlauf";
    holds_team: "Everything in Team", "Alles aus Team";
    holds_support: "An engineer of ours to call", "Eine Ansprechperson aus der Technik";
    holds_ever: "History without end", "Verlauf ohne Ende";

    // What goes wrong
    not_here: "Not found", "Nicht gefunden";
    back_to_start: "Back to the start", "Zurück zum Anfang";
    could_not: "Tidemark could not do this.", "Das konnte Tidemark nicht ausführen.";
    not_your_role: "Your role does not allow this.", "Ihre Rolle erlaubt das nicht.";
    no_page: "There is no such page.", "Diese Seite gibt es nicht.";
    no_source: "There is no such source.", "Diese Quelle gibt es nicht.";
    no_metric: "There is no such metric.", "Diese Kennzahl gibt es nicht.";
    no_alert: "There is no such alert.", "Diese Warnung gibt es nicht.";
    no_chart: "There is no such chart.", "Dieses Diagramm gibt es nicht.";
    no_board: "There is no such board.", "Diese Tafel gibt es nicht.";
    no_group: "There is no such group.", "Diese Gruppe gibt es nicht.";
    no_funnel: "There is no such funnel.", "Diesen Trichter gibt es nicht.";
    no_path: "There is no such path.", "Diesen Pfad gibt es nicht.";
    no_person: "There is no such colleague.", "Diesen Kollegen gibt es nicht.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_and_takes_the_same_in_both_languages() {
        for [key, english, german] in ALL {
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{key}");
            let n_filled_in = |text: &str| text.matches("{}").count();
            assert_eq!(n_filled_in(english), n_filled_in(german), "{key}");
        }
        assert_eq!(
            [ENGLISH.months, GERMAN.months].map(|months| months.split(' ').count()),
            [12, 12]
        );
    }
}
