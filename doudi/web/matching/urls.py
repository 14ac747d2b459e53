from doudi.web.accounts.addresses import address
from doudi.web.accounts.roles import Action
from doudi.web.matching import duplicate_views, views

app_name = "matching"
urlpatterns = [
    address("matching/", views.overview, name="overview", action=Action.MATCH_SEE),
    address("matching/rows/", views.links, name="links", action=Action.MATCH_SEE),
    address("matching/rows/decide/", views.links_decide, name="links_decide", action=Action.MATCH_DECIDE),
    address("matching/rows/<int:link_id>/", views.link, name="link", action=Action.MATCH_SEE),
    address("matching/rows/<int:link_id>/decide/", views.link_decide, name="link_decide", action=Action.MATCH_DECIDE),
    address("matching/rows/<int:link_id>/undo/", views.link_undo, name="link_undo", action=Action.MATCH_DECIDE),
    address("matching/tables/<int:run_id>/unmatched/", views.unmatched, name="unmatched", action=Action.MATCH_DECIDE),
    address("matching/tables/<int:run_id>/again/", views.again, name="again", action=Action.MATCH_DECIDE),
    address("duplicates/", duplicate_views.pairs, name="duplicates", action=Action.DUPLICATE_DECIDE),
    address("duplicates/find/", duplicate_views.find, name="find", action=Action.DUPLICATE_DECIDE),
    address("duplicates/<int:pair_id>/", duplicate_views.pair, name="pair", action=Action.DUPLICATE_DECIDE),
    address(
        "duplicates/<int:pair_id>/decide/",
        duplicate_views.pair_decide,
        name="pair_decide",
        action=Action.DUPLICATE_DECIDE,
    ),
    address(
        "duplicates/<int:pair_id>/undo/", duplicate_views.pair_undo, name="pair_undo", action=Action.DUPLICATE_DECIDE
    ),
]
