from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.cleaning.desk import issue_views, task_views, views

app_name = "cleaning"
SEE, MEND, SEND = Action.CLEANING_SEE, Action.CLEANING_CORRECT, Action.CLEANING_SEND
EXEMPT, RUN = Action.CLEANING_EXEMPT, Action.CLEANING_RUN
ONE = "cleaning/issues/<int:issue_id>/"
urlpatterns = [
    address("cleaning/issues/", views.issues, name="issues", action=SEE),
    address("cleaning/overview/", views.overview, name="overview", action=SEE),
    address("cleaning/accept/", views.accept, name="accept", action=MEND),
    address("cleaning/send/", views.send, name="send", action=SEND),
    address("cleaning/runs/", views.runs, name="runs", action=SEE),
    address("cleaning/runs/new/", views.run_new, name="run_new", action=RUN),
    address("cleaning/runs/<int:run_id>/", views.run, name="run", action=SEE),
    address(ONE, issue_views.issue, name="issue", action=SEE),
    address(f"{ONE}accept/", issue_views.accept, name="issue_accept", action=MEND),
    address(f"{ONE}correct/", issue_views.correct, name="issue_correct", action=MEND),
    address(f"{ONE}answer/", issue_views.answer, name="issue_answer", action=MEND),
    address(f"{ONE}send/", issue_views.send_one, name="issue_send", action=SEND),
    address(f"{ONE}back/", issue_views.send_back, name="issue_back", action=SEND),
    address(f"{ONE}exempt/", issue_views.exempt, name="issue_exempt", action=EXEMPT),
    address(f"{ONE}lift/", issue_views.lift, name="issue_lift", action=EXEMPT),
    address(f"{ONE}files/<int:event_id>/", issue_views.proof, name="proof", action=SEE),
    address("cleaning/tasks/", task_views.tasks, name="tasks", action=SEE),
    address("cleaning/tasks/<int:task_id>/", task_views.task, name="task", action=SEE),
    address("cleaning/tasks/<int:task_id>/withdraw/", task_views.withdraw, name="task_withdraw", action=SEND),
    address("cleaning/corrections/", task_views.history, name="history", action=SEE),
    address("cleaning/corrections/<uuid:key>/", task_views.batch, name="batch", action=SEE),
    address("cleaning/corrections/<uuid:key>/undo/", task_views.undo, name="undo", action=MEND),
]
