"""What people look at: one file a page, each drawn from values by pure functions, all in one frame.

A page asks `site.signed_in(request)` who looks; what is clicked later asks `site.still_signed_in(request)`.
"""
