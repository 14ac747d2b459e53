"""What a row says beside what the registry says: which characters differ, and what is hidden of an id."""

from doudi.web.matching.comparing import compared, compared_id, in_words, mask_written

ID, SLIP = "149901198001010018", "149901198001010108"


def marked(pieces):
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


def test_a_name_is_marked_where_it_differs():
    line = compared("姓名", "王晓红", "王小红")
    assert (marked(line.written), marked(line.registered)) == ("王[晓]红", "王[小]红")


def test_what_one_side_does_not_say_is_no_difference():
    line = compared("户主", "", "王建国")
    assert not line.known
    assert in_words([line]) == ([], [])


def test_two_digits_that_changed_places_are_marked_in_their_places():
    line = compared_id("证件号码", SLIP, ID)
    assert marked(line.written) == "149901********0[10]8"
    assert marked(line.registered) == "149901********0[01]8"


def test_a_hidden_digit_that_differs_is_marked_and_stays_hidden():
    line = compared_id("证件号码", ID[:8] + "9" + ID[9:], ID)
    assert marked(line.written) == "149901**[*]*****0018"


def test_a_missing_digit_marks_nothing_beyond_itself():
    line = compared_id("证件号码", ID[:16] + ID[17:], ID)
    assert (marked(line.written), marked(line.registered)) == ("149901*******1008", "149901********00[1]8")


def test_what_a_spreadsheet_left_is_shown_and_all_different():
    line = compared_id("证件号码", "1.49901E+17", ID)
    assert marked(line.written) == "[1.49901E+17]"
    assert mask_written("1.49901198001010018E+17").count("*") > 8
