CREATE TABLE schema_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT schema_version_pkc PRIMARY KEY (version_num)
)
;
CREATE TABLE exchanges (
	request_id TEXT NOT NULL, 
	instance TEXT NOT NULL, 
	started_at DOUBLE NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT, 
	outcome TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	probability DOUBLE NOT NULL, 
	stratum TEXT NOT NULL, 
	response_id TEXT, 
	session_id TEXT, 
	task_id TEXT, 
	user_hash TEXT, 
	trace_id TEXT, 
	cost_usd DOUBLE, 
	"row" TEXT NOT NULL, unpriced TEXT, unpriced_model TEXT, tallied BOOLEAN, upstream TEXT, quota_left DOUBLE, 
	PRIMARY KEY (request_id)
)
;
CREATE INDEX exchanges_by_time ON exchanges (started_at)
;
CREATE INDEX exchanges_by_response ON exchanges (response_id)
;
CREATE INDEX exchanges_by_task ON exchanges (task_id)
;
CREATE TABLE proxy_counts (
	instance TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	n BIGINT NOT NULL, 
	sequence BIGINT NOT NULL, 
	PRIMARY KEY (instance, decision)
)
;
CREATE TABLE samples (
	id TEXT NOT NULL, 
	request_id TEXT, 
	app TEXT NOT NULL, 
	model TEXT, 
	session_id TEXT, 
	conversation TEXT, 
	user_hash TEXT, 
	trace_id TEXT, 
	response_id TEXT, 
	started_at DOUBLE NOT NULL, 
	stored_at DOUBLE NOT NULL, 
	probability DOUBLE NOT NULL, 
	stratum TEXT NOT NULL, 
	content TEXT, facts TEXT, outcome TEXT, ending TEXT, 
	PRIMARY KEY (id)
)
;
CREATE INDEX samples_by_time ON samples (started_at, id)
;
CREATE INDEX samples_by_stored ON samples (stored_at)
;
CREATE INDEX samples_by_request ON samples (request_id)
;
CREATE INDEX samples_by_session ON samples (session_id)
;
CREATE INDEX samples_by_trace ON samples (trace_id)
;
CREATE INDEX samples_by_response ON samples (response_id)
;
CREATE TABLE scores (
	sample_id TEXT NOT NULL, 
	choice INTEGER NOT NULL, 
	scorer TEXT NOT NULL, 
	output TEXT NOT NULL, 
	version TEXT NOT NULL, 
	weight DOUBLE NOT NULL, 
	value DOUBLE, 
	verdict TEXT, 
	unscored_reason TEXT, 
	explanation TEXT NOT NULL, 
	newest BOOLEAN NOT NULL, tallied BOOLEAN, 
	PRIMARY KEY (sample_id, choice, scorer, output, version)
)
;
CREATE TABLE results (
	sample_id TEXT NOT NULL, 
	scorer TEXT NOT NULL, 
	result TEXT NOT NULL, 
	reason TEXT, 
	stored_at DOUBLE NOT NULL, tallied BOOLEAN, 
	PRIMARY KEY (sample_id, scorer)
)
;
CREATE INDEX results_by_scorer ON results (scorer, stored_at, result)
;
CREATE TABLE groups (
	scorer TEXT NOT NULL, 
	began_at DOUBLE NOT NULL, 
	PRIMARY KEY (scorer)
)
;
CREATE TABLE expired (
	scorer TEXT NOT NULL, 
	result TEXT NOT NULL, 
	n BIGINT NOT NULL, 
	PRIMARY KEY (scorer, result)
)
;
CREATE TABLE labels (
	sample_id TEXT NOT NULL, 
	scorer TEXT NOT NULL, 
	output TEXT NOT NULL, 
	annotator TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	at DOUBLE NOT NULL, probability DOUBLE, written_by TEXT, 
	PRIMARY KEY (sample_id, scorer, output, annotator)
)
;
CREATE TABLE feedback (
	id TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	request_id TEXT, 
	response_id TEXT, 
	task_id TEXT, 
	outcome TEXT, 
	rating DOUBLE, 
	comment TEXT NOT NULL, app TEXT, task TEXT, 
	PRIMARY KEY (id)
)
;
CREATE INDEX feedback_by_request ON feedback (request_id)
;
CREATE INDEX feedback_by_response ON feedback (response_id)
;
CREATE INDEX feedback_by_task ON feedback (task_id)
;
CREATE TABLE reads (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	who TEXT NOT NULL, 
	sample_id TEXT NOT NULL, 
	PRIMARY KEY (id)
)
;
CREATE INDEX reads_by_sample ON reads (sample_id)
;
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	app TEXT NOT NULL, 
	task_id TEXT, 
	request_id TEXT, 
	first_at DOUBLE NOT NULL, 
	seen_at DOUBLE NOT NULL, 
	outcome TEXT, 
	ended_at DOUBLE, 
	requests BIGINT NOT NULL, 
	cost_usd DOUBLE, 
	PRIMARY KEY (id)
)
;
CREATE INDEX tasks_by_name ON tasks (task_id)
;
CREATE INDEX tasks_by_state ON tasks (outcome, seen_at)
;
CREATE INDEX tasks_by_end ON tasks (ended_at)
;
CREATE TABLE forgotten (
	user_hash TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (user_hash)
)
;
CREATE INDEX samples_by_user ON samples (user_hash)
;
CREATE INDEX exchanges_by_user ON exchanges (user_hash)
;
CREATE TABLE leases (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	PRIMARY KEY (name)
)
;
CREATE TABLE drift_feed (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	sample_id TEXT NOT NULL, 
	source TEXT NOT NULL, 
	PRIMARY KEY (id)
)
;
CREATE INDEX drift_feed_by_time ON drift_feed (at)
;
CREATE TABLE drift_voices (
	voice TEXT NOT NULL, 
	signals TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (voice)
)
;
CREATE INDEX drift_voices_by_time ON drift_voices (at)
;
CREATE TABLE drift_states (
	signal TEXT NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT NOT NULL, 
	watched BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (signal, app, model)
)
;
CREATE TABLE judge_spending (
	day TEXT NOT NULL, 
	app TEXT NOT NULL, 
	usd DOUBLE NOT NULL, 
	PRIMARY KEY (day, app)
)
;
CREATE TABLE judge_controls (
	round BIGINT NOT NULL, 
	item TEXT NOT NULL, 
	scorer TEXT NOT NULL, 
	version TEXT NOT NULL, 
	expected TEXT NOT NULL, 
	value DOUBLE, 
	reason TEXT, 
	PRIMARY KEY (round, item)
)
;
CREATE TABLE calibrations (
	scorer TEXT NOT NULL, 
	output TEXT NOT NULL, 
	model TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	fit TEXT NOT NULL, 
	PRIMARY KEY (scorer, output, model)
)
;
CREATE TABLE console_sessions (
	id TEXT NOT NULL, 
	seal TEXT NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	began_at DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	PRIMARY KEY (id)
)
;
CREATE INDEX console_sessions_by_name ON console_sessions (name, began_at)
;
CREATE INDEX console_sessions_by_end ON console_sessions (expires_at)
;
CREATE INDEX exchanges_by_unpriced ON exchanges (started_at) WHERE unpriced IS NOT NULL
;
CREATE TABLE suites (
	name TEXT NOT NULL, 
	app TEXT, 
	version TEXT NOT NULL, 
	changed_at DOUBLE NOT NULL, 
	about TEXT NOT NULL, 
	PRIMARY KEY (name)
)
;
CREATE TABLE suite_versions (
	suite TEXT NOT NULL, 
	version TEXT NOT NULL, 
	made_at DOUBLE NOT NULL, 
	cases BIGINT NOT NULL, 
	members TEXT NOT NULL, 
	PRIMARY KEY (suite, version)
)
;
CREATE TABLE suite_cases (
	suite TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	user_hash TEXT, 
	content TEXT, 
	PRIMARY KEY (suite, hash)
)
;
CREATE INDEX suite_cases_by_user ON suite_cases (user_hash)
;
CREATE TABLE runs (
	id TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	name TEXT, 
	subject TEXT NOT NULL, 
	version TEXT NOT NULL, 
	app TEXT, 
	model TEXT, 
	state TEXT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	ended_at DOUBLE, 
	planned BIGINT NOT NULL, 
	budget_micro BIGINT, 
	spent_micro BIGINT NOT NULL, 
	"plan" TEXT NOT NULL, 
	result TEXT, 
	PRIMARY KEY (id)
)
;
CREATE INDEX runs_by_time ON runs (created_at)
;
CREATE INDEX runs_by_subject ON runs (subject, created_at)
;
CREATE INDEX runs_by_name ON runs (name, created_at)
;
CREATE TABLE asks (
	run TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	arm TEXT NOT NULL, 
	repeat INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT, 
	user_hash TEXT, 
	reserved_micro BIGINT, 
	began_at DOUBLE, 
	cost_micro BIGINT NOT NULL, 
	cost_usd DOUBLE, 
	seconds DOUBLE, 
	ended_at DOUBLE, 
	passed BOOLEAN, 
	score DOUBLE, 
	answer TEXT, 
	checks TEXT, reserved_at DOUBLE, 
	PRIMARY KEY (run, case_id, arm, repeat)
)
;
CREATE INDEX asks_by_user ON asks (user_hash)
;
CREATE TABLE offpath_spending (
	day TEXT NOT NULL, 
	account TEXT NOT NULL, 
	micro_usd BIGINT NOT NULL, 
	PRIMARY KEY (day, account)
)
;
CREATE TABLE tallies (
	span INTEGER NOT NULL, 
	start BIGINT NOT NULL, 
	imported BOOLEAN NOT NULL, 
	scorer TEXT NOT NULL, 
	output TEXT NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT NOT NULL, 
	scores DOUBLE NOT NULL, 
	samples DOUBLE NOT NULL, 
	answered DOUBLE NOT NULL, 
	judged DOUBLE NOT NULL, 
	w DOUBLE NOT NULL, 
	y DOUBLE NOT NULL, 
	v DOUBLE NOT NULL, 
	squares DOUBLE NOT NULL, 
	beside DOUBLE NOT NULL, 
	cell0 DOUBLE NOT NULL, 
	cell1 DOUBLE NOT NULL, 
	cell2 DOUBLE NOT NULL, 
	cell3 DOUBLE NOT NULL, 
	cell4 DOUBLE NOT NULL, 
	cell5 DOUBLE NOT NULL, 
	cell6 DOUBLE NOT NULL, 
	cell7 DOUBLE NOT NULL, 
	cell8 DOUBLE NOT NULL, 
	cell9 DOUBLE NOT NULL, 
	clusters DOUBLE NOT NULL, 
	ww DOUBLE NOT NULL, 
	wy DOUBLE NOT NULL, 
	yy DOUBLE NOT NULL, 
	wv DOUBLE NOT NULL, 
	vv DOUBLE NOT NULL, 
	PRIMARY KEY (span, start, imported, scorer, output, app, model)
)
 WITHOUT ROWID


;
CREATE TABLE tally_clusters (
	span INTEGER NOT NULL, 
	start BIGINT NOT NULL, 
	imported BOOLEAN NOT NULL, 
	scorer TEXT NOT NULL, 
	output TEXT NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT NOT NULL, 
	clusters DOUBLE NOT NULL, 
	ww DOUBLE NOT NULL, 
	wy DOUBLE NOT NULL, 
	yy DOUBLE NOT NULL, 
	wv DOUBLE NOT NULL, 
	vv DOUBLE NOT NULL, 
	PRIMARY KEY (span, start, imported, scorer, output, app, model)
)
 WITHOUT ROWID


;
CREATE TABLE tally_voices (
	conversation TEXT NOT NULL, 
	imported BOOLEAN NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT NOT NULL, 
	began_at DOUBLE NOT NULL, 
	ended_at DOUBLE NOT NULL, 
	sums TEXT NOT NULL, 
	PRIMARY KEY (conversation, imported, app, model)
)
 WITHOUT ROWID


;
CREATE INDEX tally_voices_by_end ON tally_voices (ended_at, began_at)
;
CREATE TABLE tally_requests (
	span INTEGER NOT NULL, 
	start BIGINT NOT NULL, 
	app TEXT NOT NULL, 
	model TEXT NOT NULL, 
	requests DOUBLE NOT NULL, 
	opted_out DOUBLE NOT NULL, 
	priced DOUBLE NOT NULL, 
	cost_usd DOUBLE NOT NULL, 
	PRIMARY KEY (span, start, app, model)
)
 WITHOUT ROWID


;
CREATE TABLE tally_results (
	id INTEGER NOT NULL, 
	scorer TEXT NOT NULL, 
	result TEXT NOT NULL, 
	reason TEXT, 
	n BIGINT NOT NULL, 
	PRIMARY KEY (id)
)
;
CREATE TABLE tally_marks (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	conversation TEXT, added TEXT, 
	PRIMARY KEY (id)
)
;
CREATE INDEX samples_by_conversation ON samples (conversation, started_at)
;
CREATE TRIGGER tally_sample_changed AFTER UPDATE OF app, model, conversation, started_at, probability, stratum ON samples FOR EACH ROW WHEN OLD.app IS NOT NEW.app OR OLD.model IS NOT NEW.model OR OLD.conversation IS NOT NEW.conversation OR OLD.started_at IS NOT NEW.started_at OR OLD.probability IS NOT NEW.probability OR OLD.stratum IS NOT NEW.stratum BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('answers', OLD.started_at, OLD.conversation); INSERT INTO tally_marks (kind, at, conversation) VALUES ('answers', NEW.started_at, NEW.conversation); END
;
CREATE TRIGGER tally_sample_gone AFTER DELETE ON samples FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('answers', OLD.started_at, OLD.conversation); END
;
CREATE TRIGGER tally_score_changed AFTER UPDATE OF weight, value, verdict, unscored_reason, newest ON scores FOR EACH ROW WHEN OLD.weight IS NOT NEW.weight OR OLD.value IS NOT NEW.value OR OLD.verdict IS NOT NEW.verdict OR OLD.unscored_reason IS NOT NEW.unscored_reason OR OLD.newest IS NOT NEW.newest BEGIN INSERT INTO tally_marks (kind, at, conversation) SELECT 'answers', started_at, conversation FROM samples WHERE id = NEW.sample_id; END
;
CREATE TRIGGER tally_score_new AFTER INSERT ON scores FOR EACH ROW WHEN NEW.tallied IS NULL BEGIN INSERT INTO tally_marks (kind, at, conversation) SELECT 'answers', started_at, conversation FROM samples WHERE id = NEW.sample_id; END
;
CREATE TRIGGER tally_request_new AFTER INSERT ON exchanges FOR EACH ROW WHEN NEW.tallied IS NULL BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('requests', NEW.started_at, NULL); END
;
CREATE TRIGGER tally_request_gone AFTER DELETE ON exchanges FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('requests', OLD.started_at, NULL); END
;
CREATE TRIGGER tally_label_new AFTER INSERT ON labels FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('labels', 0, NULL); END
;
CREATE TRIGGER tally_label_changed AFTER UPDATE ON labels FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('labels', 0, NULL); END
;
CREATE TRIGGER tally_label_gone AFTER DELETE ON labels FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('labels', 0, NULL); END
;
CREATE TRIGGER tally_fit_new AFTER INSERT ON calibrations FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('labels', 0, NULL); END
;
CREATE TRIGGER tally_fit_changed AFTER UPDATE ON calibrations FOR EACH ROW BEGIN INSERT INTO tally_marks (kind, at, conversation) VALUES ('labels', 0, NULL); END
;
CREATE TRIGGER tally_result_new AFTER INSERT ON results FOR EACH ROW WHEN NEW.tallied IS NULL BEGIN INSERT INTO tally_results (scorer, result, reason, n) VALUES (NEW.scorer, NEW.result, NEW.reason, 1); END
;
CREATE TRIGGER tally_result_gone AFTER DELETE ON results FOR EACH ROW BEGIN INSERT INTO tally_results (scorer, result, reason, n) VALUES (OLD.scorer, OLD.result, OLD.reason, -1); END
;
CREATE TRIGGER tally_result_changed AFTER UPDATE OF result, reason ON results FOR EACH ROW WHEN OLD.result IS NOT NEW.result OR OLD.reason IS NOT NEW.reason BEGIN INSERT INTO tally_results (scorer, result, reason, n) VALUES (OLD.scorer, OLD.result, OLD.reason, -1); INSERT INTO tally_results (scorer, result, reason, n) VALUES (NEW.scorer, NEW.result, NEW.reason, 1); END
;
CREATE INDEX exchanges_by_failure ON exchanges (outcome, upstream, started_at) WHERE outcome <> 'ok'
;
CREATE INDEX samples_by_failure ON samples (outcome, started_at, id) WHERE outcome <> 'ok'
;
CREATE INDEX exchanges_by_quota ON exchanges (upstream, started_at) WHERE quota_left IS NOT NULL
;
CREATE TABLE enrolments (
	run TEXT NOT NULL, 
	stored_at DOUBLE NOT NULL, 
	sample_id TEXT NOT NULL, 
	seen BIGINT NOT NULL, 
	skipped TEXT NOT NULL, 
	paused TEXT, 
	PRIMARY KEY (run)
)
;
CREATE TABLE pairs (
	run TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	conversation TEXT NOT NULL, 
	user_hash TEXT, 
	sample_id TEXT NOT NULL, 
	enrolled_at DOUBLE NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT, 
	whole BOOLEAN NOT NULL, 
	first_arm TEXT NOT NULL, 
	left_arm TEXT NOT NULL, 
	request TEXT, 
	served TEXT, 
	outcomes TEXT, 
	noise TEXT, 
	extra TEXT, 
	closed_at DOUBLE, held_micro BIGINT, 
	PRIMARY KEY (run, number), 
	UNIQUE (id)
)
;
CREATE INDEX pairs_by_state ON pairs (run, state, number)
;
CREATE INDEX pairs_by_conversation ON pairs (run, conversation)
;
CREATE INDEX pairs_by_user ON pairs (user_hash)
;
CREATE INDEX pairs_by_time ON pairs (enrolled_at)
;
CREATE TABLE votes (
	pair TEXT NOT NULL, 
	voter TEXT NOT NULL, 
	showing INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	left_arm TEXT NOT NULL, 
	choice TEXT, 
	shown_at DOUBLE NOT NULL, 
	voted_at DOUBLE, 
	PRIMARY KEY (pair, voter, showing)
)
;
CREATE INDEX votes_by_run ON votes (run, voted_at)
;
CREATE INDEX votes_by_voter ON votes (run, voter)
;
CREATE TABLE rater_links (
	link TEXT NOT NULL, 
	experiment TEXT NOT NULL, 
	voter TEXT NOT NULL, 
	made_by TEXT NOT NULL, 
	made_at DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	used_at DOUBLE, 
	session TEXT, 
	session_until DOUBLE, 
	PRIMARY KEY (link), 
	UNIQUE (session)
)
;
CREATE INDEX rater_links_by_experiment ON rater_links (experiment)
;
CREATE TABLE looks (
	run TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (run, who, at)
)
;
CREATE TABLE drift_batches (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	lines TEXT NOT NULL, 
	PRIMARY KEY (id)
)
;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)
